import pytest

from relmaps import ROOT
from relmaps.report.method import departures_from_recipe, flatten, method_sentences
from relmaps.study.config import load_config, read_config


@pytest.fixture
def config():
    return load_config(read_config())


def test_sentences_tell_the_settings(config):
    text = " ".join(method_sentences(config, 80))
    for part in (
        "80 T1 scans",
        "at 4 mm",
        "5-fold",
        "24 specifications",
        "1000 bootstrap samples",
        "adjusted within each of the two by step-down max-T",
        "no label permutations",
    ):
        assert part in text
    config["classify"]["permutations"] = [1]
    assert "1 label permutation." in " ".join(method_sentences(config, 80))


@pytest.mark.parametrize("path", ["full-demo.yaml", "paper.yaml"])
def test_every_study_has_its_sentences(path):
    config = load_config(read_config(ROOT / "config" / path))
    assert len(method_sentences(config, 10)) == 7


def test_departures_are_the_keys_of_the_recipe_that_differ(config):
    found = departures_from_recipe(config)
    assert found["relevance.pooling"] == ("all", "class_means")
    assert found["preprocess.features.t1_syn.scaling"] == ("min_max", "none")
    assert "classify.folds" not in found
    assert "study" not in found


def test_settings_become_dotted_keys():
    settings = {"a": {"b": 1, "c": [1, 2]}, "d": [{"e": None}, {"e": 2}], "f": {}}
    assert flatten(settings) == [("a.b", 1), ("a.c", "1, 2"), ("d.1.e", None), ("d.2.e", 2), ("f", {})]
