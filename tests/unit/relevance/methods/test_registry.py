from pathlib import Path

import pytest

from relmaps.catalogue.maps import HEATMAPS, MAPS
from relmaps.io.errors import UserError
from relmaps.relevance import methods
from relmaps.relevance.methods import method_class, open_method
from relmaps.relevance.methods.lrp import Lrp
from relmaps.relevance.methods.method import Method


@pytest.mark.parametrize("name", [*HEATMAPS, "untrained"])
def test_every_heatmap_of_the_catalogue_has_its_class(name):
    assert issubclass(method_class(name), Method)


def test_every_method_is_in_the_catalogue():
    """A file that no record names would never run."""
    files = {path.stem for path in Path(methods.__file__).parent.glob("*.py")} - {"__init__", "method", "lrp_rules"}
    assert files == {MAPS[name].method.implementation.partition(":")[0] for name in HEATMAPS}


@pytest.mark.parametrize("name", ["deconvolution", "vbm_t"])
def test_a_map_that_is_no_heatmap_is_refused(name):
    with pytest.raises(UserError, match=f"{name} is unknown; use lrp, "):
        open_method(name, {})


@pytest.mark.parametrize("beta", [0, 1])
def test_lrp_takes_its_beta_from_the_configuration(beta):
    relevance = {"lrp": {"beta": beta, "gamma": 0.25, "epsilon": 1e-6, "batchnorm": "identity"}}
    method = open_method("lrp", MAPS["lrp"].method.settings(relevance))
    assert method == Lrp(beta=beta, epsilon=1e-6, batchnorm="identity")


def test_untrained_networks_are_explained_by_integrated_gradients():
    assert method_class("untrained") is method_class("integrated_gradients")
