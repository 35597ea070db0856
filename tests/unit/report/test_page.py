import base64
import io
import re

import pytest
from PIL import Image

from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.tables import TABLES
from relmaps.io.files import read_json
from relmaps.io.images import read_map, read_mask
from relmaps.io.tables import read_table, write_table
from relmaps.report.page import build_report
from relmaps.report.pictures import SCREEN_WIDTH, embed
from relmaps.report.viewer import Layer, viewer_data
from relmaps.study.config import load_config, read_config
from relmaps.study.provenance import make_provenance
from tests.synthetic_results import MAPS, SyntheticStudy

pytestmark = pytest.mark.fault


def build_page(study, folder, **options):
    folder.mkdir(exist_ok=True)
    picture = folder / "picture.png"
    Image.new("RGB", (60, 40), "white").save(picture)
    config = load_config(read_config()) | {"input": "/home/someone/bids"}
    if options.get("real"):
        config["cohort"]["source"] = "bids"
    config["classify"]["permute_labels"] = options.get("permute_labels")
    config["external_validation"] = options.get("external_validation")
    brain = read_mask(study.path(f"preprocess/template/{study.grid.space}_brain_mask.nii.gz"), study.grid)
    maps = [Layer(name, name, "t", read_map(study.path(f"relevance/{name}/group.nii.gz"), study.grid)) for name in MAPS]
    return build_report(
        pictures=dict.fromkeys(options.get("figures", FIGURES), picture),
        rows=dict.fromkeys(MAPS, picture),
        published={name: read_table(path) for name, path in study.published().items()},
        sidecars={name: read_json(path) for name, path in study.sidecars().items()},
        references={name: read_json(path) for name, path in study.references_sidecars().items()},
        viewer=viewer_data(maps, [Layer("truth", "ground truth", "", brain)], brain.astype(float), brain, study.grid),
        notes=options.get("notes", []),
        provenance=make_provenance(config, read_table(study.path("cohort/scans.tsv")), {}, "c0de"),
    )


@pytest.fixture
def page(tmp_path, grid, brain):
    return build_page(SyntheticStudy(tmp_path, grid, brain).write(), tmp_path / "pictures")


def test_page_needs_nothing_from_outside(page):
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)""", page)
    assert "@import" not in page
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_notes_on_the_tables_stand_above_the_cohort_where_there_are_any(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    subjects = study.path("preprocess/subjects.tsv")
    people = read_table(subjects).assign(sex=["f", "m"] * 3)
    write_table(people, subjects)
    heading = "<h3>What was found in the tables</h3>"
    assert heading not in build_page(study, tmp_path / "pictures")
    note = "The age of 1 participant is not exact: '<89' as 89 (1)."
    write_table(people.assign(age=people["age"].where(people.index > 0)), subjects)
    page = build_page(study, tmp_path / "pictures", notes=[note])
    listed = page[page.index('<section id="cohort">') : page.index("<figure>", page.index('<section id="cohort">'))]
    assert re.findall("<li>(.*)</li>", listed) == [
        "The age of 1 participant is not exact: &#39;&lt;89&#39; as 89 (1).",
        "Age is missing for 1 of 6 participants; models take the mean of the participants that they are fitted on "
        "instead.",
    ]
    assert heading in listed


def test_page_identifies_nobody(page):
    assert not re.findall(r"sub-\d+|someone|/home", page)


def test_every_picture_has_its_text(page):
    alts = re.findall(r'<img [^>]*alt="([^"]*)"', page)
    assert len(alts) == len(FIGURES) + len(MAPS)
    assert all(len(alt) > 30 for alt in alts)
    assert not re.search("[{}]", "".join(alts))
    assert "3 with disease and 3 controls" in alts[0]


def test_sections_and_links_fit(page):
    assert set(re.findall(r'href="#(\w+)"', page)) == set(re.findall(r'<section id="(\w+)"', page))


def test_every_table_stands_once_on_the_page_but_that_of_regions(page):
    captions = re.findall(r"<caption>(.*?)</caption>", page)
    shown = {"Participants used in the study", "Performance on held-out participants, with intervals in brackets"}
    assert shown < set(captions)
    other = 3 + 2 * len(MAPS)  # settings, versions and recipe; of each map its metrics and its sidecar
    assert len(captions) == len(TABLES) - 1 + other


def test_the_table_of_overlap_shows_auc_among_voxels_of_alike_tissue(page):
    table = next(part for part in re.findall(r"<table.*?</table>", page, re.S) if "AUC in the multiverse" in part)
    assert table.index("ROC AUC") < table.index("Tissue-adjusted AUC") < table.index("Largest Dice")
    assert len(re.findall(r"0\.62 \[0\.59, 0\.65\]", table)) == 2, "LRP, 0.72 less 0.1, against both references"


def test_a_study_that_trains_nothing_has_no_checks(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    page = build_page(
        study, tmp_path / "pictures", figures=[name for name, figure in FIGURES.items() if not figure.needs]
    )
    assert "checks" not in re.findall(r'(?:id|href)="#?(\w+)"', page)
    assert "Learning curves" not in page


def test_every_map_has_its_part_with_each_metric(page):
    for name in MAPS:
        part = re.search(rf'<details id="map-{name}">(.*?)</details>', page, re.S)[1]
        assert f'data-map="{name}"' in part
        assert part.count("Largest Dice") == 2
        assert "positive = evidence" in part


def test_simulated_studies_claim_no_finding(page, tmp_path, grid, brain):
    assert "replicates no finding" in page
    study = SyntheticStudy(tmp_path / "real", grid, brain, references=("meta_analysis",), empty_mask=True).write()
    real = build_page(study, tmp_path / "pictures", real=True)
    assert "replicates no finding" not in real
    assert "its mask is empty" in real
    assert "Recovery of the ground truth" not in real


def test_pictures_come_at_screen_resolution(tmp_path):
    Image.new("RGBA", (2 * SCREEN_WIDTH, 100)).save(tmp_path / "wide.png")
    picture = embed(tmp_path / "wide.png", "alt")
    kind, content = picture.source.split(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(content))) as image:
        assert image.size == (picture.width, picture.height) == (SCREEN_WIDTH, 50)


def test_shuffled_labels_and_borrowed_models_are_said(page, tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    assert "are permuted" not in page
    assert "come from another study" not in page
    assert "are permuted" in build_page(study, tmp_path / "pictures", permute_labels=3)
    assert "come from another study" in build_page(study, tmp_path / "pictures", external_validation="results/demo")
