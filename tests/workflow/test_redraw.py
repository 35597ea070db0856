"""Figures, tables and report of a finished study, drawn again from what it published."""

import re
import shutil

import pytest

from relmaps.catalogue.figures import REDRAWN
from tests.studies import counts, finish

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(study, tmp_path):
    """The published files of the study, without scans, arrays, weights and bootstrap samples."""
    left_out = shutil.ignore_patterns("bids", "derivatives", "arrays", "gram", "*.safetensors", "bootstrap", "pictures")
    return shutil.copytree(study.results, tmp_path / "elsewhere", ignore=left_out)


def test_a_figure_and_the_report_are_redrawn_from_published_files_alone(study, copy, tmp_path):
    targets = [copy / name for name in ("figures/ranking.svg", "figures/maps.png", "report.html")]
    before = [path.stat().st_mtime_ns for path in targets]
    allowed = ("--allowed-rules", "figures", *REDRAWN, "--force", "--", *targets)
    done = counts(finish(tmp_path, "--config", f"redraw={copy}", "--rerun-triggers", "mtime", *allowed))
    assert {"plot_ranking", "plot_maps", "write_report"} <= set(done)
    assert all(path.stat().st_mtime_ns > time for path, time in zip(targets, before, strict=True))
    for path in targets:
        assert path.read_bytes() == (study.results / path.relative_to(copy)).read_bytes(), path.name


@pytest.mark.long
def test_all_figures_are_redrawn_from_published_files_alone(study, copy, tmp_path):
    """As `make figures STUDY=folder` does."""
    allowed = ("--allowed-rules", "figures", *REDRAWN, "--forceall", "--", "figures")
    done = counts(finish(tmp_path, "--config", f"redraw={copy}", "--rerun-triggers", "mtime", *allowed))
    assert set(done) - {"total", "figures"} == set(REDRAWN) - {"plot_sample_size_curve"}
    drawn = sorted((study.results / "figures").glob("*.*"))
    assert len(drawn) > 40
    for path in drawn:
        assert (copy / "figures" / path.name).read_bytes() == path.read_bytes(), "the same tables, the same bytes"
    assert (copy / "report.html").read_bytes() == (study.results / "report.html").read_bytes()
    published = {path.name for path in (copy / "publication").glob("*.*")}
    assert {"figure_1_cohort.svg", "figure_5b_multiverse.pdf", "table_3_overlap.tex", "captions.md"} <= published
    captions = (copy / "publication/captions.md").read_text()
    assert set(re.findall(r"^\*\*Figure (\w+)", captions, re.M)) == {
        name.split("_")[1] for name in published if "figure" in name
    }
