import yaml
from PIL import Image

from relmaps.code import ROOT
from relmaps.config import load_config
from relmaps.files import write_json
from relmaps.provenance import provenance_of
from relmaps.tables import read_table
from tests.synthetic_results import MAPS, SyntheticStudy
from workflow.scripts import write_report


def test_report_is_the_same_file_for_the_same_study(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    config = load_config(yaml.safe_load((ROOT / "config/config.yaml").read_text()))
    write_json(provenance_of(config, read_table(study.path("cohort/scans.tsv")), {}, ""), tmp_path / "provenance.json")
    Image.new("RGB", (40, 20), "white").save(tmp_path / "picture.png")
    pictures = ("cohort", "quality", "mosaic", "performance", "calibration", "learning", "maps", "ranking", "curves")
    for name in ("first.html", "second.html"):
        write_report.main(
            pictures=dict.fromkeys(pictures, tmp_path / "picture.png"),
            rows=dict.fromkeys(MAPS, tmp_path / "picture.png"),
            published=study.published(),
            maps=dict(zip(MAPS, study.map_paths(), strict=True)),
            sidecars=study.sidecars(),
            masks=dict(zip(study.references, study.reference_paths("mask.nii.gz"), strict=True)),
            references=study.references_sidecars(),
            template=study.path(f"preprocess/template/{grid.space}_T1w.nii.gz"),
            brain_mask=study.path(f"preprocess/template/{grid.space}_brain_mask.nii.gz"),
            space=grid.space,
            provenance=tmp_path / "provenance.json",
            report=tmp_path / name,
        )
    page = (tmp_path / "first.html").read_text()
    assert page.startswith("<!DOCTYPE html>")
    assert page.rstrip().endswith("</html>")
    assert page == (tmp_path / "second.html").read_text()
