import shutil

import pytest

from relmaps import ROOT
from relmaps.catalogue.looks import FAMILY_LOOKS, MAP_LOOKS, METRIC_TITLES
from relmaps.catalogue.maps import MAPS
from relmaps.catalogue.metrics import METRICS
from relmaps.catalogue.names import map_name
from relmaps.study import code

# What people read: figures, tables, the report and the model cards.
PAGES = {"write_tables", "write_report", "write_model_cards"}


def test_looks_are_those_of_maps_and_metrics_that_there_are():
    assert set(MAP_LOOKS) <= set(MAPS)
    assert set(METRIC_TITLES) <= set(METRICS)
    assert {record.family for record in MAPS.values()} < set(FAMILY_LOOKS)


def test_maps_can_be_told_apart_by_colour_and_line():
    lines = [(look.colour, look.line) for look in MAP_LOOKS.values()]
    assert len(set(lines)) == len(lines)


def test_a_map_from_elsewhere_is_called_by_its_name():
    assert map_name("their_map") == "their map"
    assert map_name("vbm_t") == "VBM t"


@pytest.fixture
def hashes(tmp_path, monkeypatch):
    """() -> script -> its hash, in a copy of the code."""
    for folder in ("relmaps", "workflow/scripts"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "niivue"))
    monkeypatch.setattr(code, "ROOT", tmp_path)
    scripts = sorted((tmp_path / "workflow/scripts").glob("*.py"))
    return lambda: {script.stem: code.hash_code(script) for script in scripts}


def test_a_changed_colour_makes_figures_and_pages_again_and_nothing_else(hashes, tmp_path):
    before, looks = hashes(), tmp_path / "relmaps/catalogue/looks.yaml"
    looks.write_text(looks.read_text().replace("#882255", "#000000"))
    after = hashes()
    changed = {script for script in before if before[script] != after[script]}
    drawn = {path.stem for path in (tmp_path / "workflow/scripts").glob("plot_*.py")}
    assert {"plot_ranking", "plot_sanity", "write_report", "write_tables"} <= changed
    assert changed <= drawn | PAGES
