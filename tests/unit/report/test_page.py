import base64
import io
import re

import pytest
import yaml
from PIL import Image

from relmaps.code import ROOT
from relmaps.files import read_json
from relmaps.provenance import provenance_of
from relmaps.report.page import SCREEN_WIDTH, build_report, embed_png, flatten
from relmaps.tables import read_table
from tests.synthetic_results import MAPS, SyntheticStudy

PICTURES = ("cohort", "quality", "mosaic", "performance", "calibration", "learning", "maps", "ranking", "curves")


def page_of(study, folder, **options):
    folder.mkdir(exist_ok=True)
    picture = folder / "picture.png"
    Image.new("RGB", (60, 40), "white").save(picture)
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text()) | {"input": "/home/someone/bids"}
    if options.get("real"):
        config["cohort"]["source"] = "bids"
    config["classify"]["permute_labels"] = options.get("permute_labels")
    config["apply"] = options.get("apply")
    return build_report(
        pictures=dict.fromkeys(PICTURES, picture),
        subjects=read_table(study.path("preprocess/subjects.tsv")),
        performance=read_table(study.path("classify/performance.tsv")),
        model_comparisons=read_table(study.path("classify/model_comparisons.tsv")),
        variability=read_table(study.path("classify/variability.tsv")),
        scores=read_table(study.path("overlap/scores.tsv")),
        comparisons=read_table(study.path("overlap/comparisons.tsv")),
        recovery=read_table(study.path("overlap/recovery.tsv")),
        sidecars={name: read_json(study.path(f"relevance/{name}/group.json")) for name in MAPS},
        references={name: read_json(study.path(f"reference/{name}/reference.json")) for name in study.references},
        provenance=provenance_of(config, read_table(study.path("cohort/scans.tsv")), {}, "c0de"),
    )


@pytest.fixture
def page(tmp_path, grid, brain):
    return page_of(SyntheticStudy(tmp_path, grid, brain).write(), tmp_path / "pictures")


def test_page_needs_nothing_from_outside(page):
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_page_identifies_nobody(page):
    assert not re.findall(r"sub-\d+|someone|/home", page)


def test_every_picture_has_its_text(page):
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == len(PICTURES)
    assert all(len(alt) > 30 for alt in alts)
    assert "3 with disease and 3 controls" in alts[0]


def test_sections_and_links_fit(page):
    assert set(re.findall(r'href="#(\w+)"', page)) == set(re.findall(r'<section id="(\w+)"', page))


def test_simulated_studies_claim_no_finding(page, tmp_path, grid, brain):
    assert "replicates no finding" in page
    study = SyntheticStudy(tmp_path / "real", grid, brain, references=("meta_analysis",), empty_mask=True).write()
    real = page_of(study, tmp_path / "pictures", real=True)
    assert "replicates no finding" not in real
    assert "its mask is empty" in real
    assert "Recovery of the known truth" not in real


def test_pictures_come_at_screen_resolution(tmp_path):
    Image.new("RGBA", (2 * SCREEN_WIDTH, 100)).save(tmp_path / "wide.png")
    picture = embed_png(tmp_path / "wide.png", "alt")
    kind, content = picture.source.split(",")
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == (picture.width, picture.height) == (SCREEN_WIDTH, 50)


def test_settings_become_dotted_keys():
    settings = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": None}, {"e": 2}], "f": {}}
    assert flatten(settings) == [("a.b", 1), ("a.c", "1, 2"), ("d.1.e", None), ("d.2.e", 2), ("f", {})]


def test_shuffled_labels_and_borrowed_models_are_said(page, tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    assert "are shuffled" not in page
    assert "are those of another study" not in page
    assert "are shuffled" in page_of(study, tmp_path / "pictures", permute_labels=3)
    assert "are those of another study" in page_of(study, tmp_path / "pictures", apply="results/demo")
