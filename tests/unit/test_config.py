import copy

import pytest
import yaml

from relmaps.code import ROOT
from relmaps.config import load_config
from relmaps.errors import UserError
from relmaps.tables import SCHEMAS


@pytest.fixture
def config():
    return copy.deepcopy(yaml.safe_load((ROOT / "config/config.yaml").read_text()))


def set_key(config, path, value):
    *parents, last = path.split(".")
    for parent in parents:
        config = config[parent]
    config[last] = value


def test_the_default_is_valid(config):
    assert load_config(config) is config


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("classify.cnn.epoch", 3, "unknown key classify.cnn.epoch; did you mean epochs?"),
        ("zzz", "red", "unknown key zzz; known keys are study"),
        ("classify.folds", 1, "classify.folds: 1 is less than the minimum of 2 (Outer folds"),
        ("study", "../x", "study: '../x' does not match"),
        ("classify.cnn.architectures", ["E24"], "classify.cnn.architectures.0: 'E24' does not match"),
        ("cohort.source", "bids", "input is not set"),
        ("cohort.labels.disease", "MCI", "cohort.labels of a simulated cohort must be"),
        ("reference.meta_analysis.source", "sleuth", "reference.meta_analysis.path is not set"),
        ("overlap.headline.smoothing_mm", 3, "overlap.headline.smoothing_mm is 3, which is not in overlap.sweep"),
    ],
)
def test_a_wrong_value_is_named_with_its_remedy(config, path, value, words):
    set_key(config, path, value)
    with pytest.raises(UserError) as error:
        load_config(config)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_key_is_named(config):
    del config["relevance"]["pooling"]
    with pytest.raises(UserError, match="relevance: 'pooling' is a required property"):
        load_config(config)


def test_every_key_of_every_schema_is_described():
    def undescribed(node, where):
        for key, value in node.get("properties", {}).items():
            if "description" not in value:
                yield f"{where}.{key}"
            yield from undescribed(value, f"{where}.{key}")
        if "items" in node:
            yield from undescribed(node["items"], where)

    for path in SCHEMAS.glob("*.yaml"):
        schema = yaml.safe_load(path.read_text())
        assert list(undescribed(schema, path.stem)) == []
        assert schema["additionalProperties"] is False
