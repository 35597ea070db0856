import pytest
import yaml

from relmaps import ROOT
from relmaps.io.errors import UserError
from relmaps.relevance.methods import METHODS, open_method

SCHEMA = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text())["properties"]["relevance"]


def test_the_configuration_offers_what_there_is():
    assert set(METHODS) == set(SCHEMA["properties"]["methods"]["items"]["enum"])


def test_unknown_method_is_told():
    with pytest.raises(UserError, match="deconvolution is unknown"):
        open_method("deconvolution", {})


def test_untrained_networks_are_explained_by_integrated_gradients():
    settings = {"rule": "trapezoid", "steps": 4, "tolerance": None, "max_steps": 4}
    assert type(open_method("untrained", settings)) is METHODS["integrated_gradients"]
