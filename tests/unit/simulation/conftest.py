import pytest

from relmaps.simulation.phantom import build_phantom
from relmaps.study.config import read_config
from tests.diseases import make_effects


@pytest.fixture(scope="session")
def simulation():
    return read_config()["simulation"]


@pytest.fixture(scope="session")
def phantom():
    return build_phantom()


@pytest.fixture(scope="session")
def necked():
    """The phantom with face, neck and shoulders."""
    return build_phantom(neck=True)


@pytest.fixture(scope="session")
def effects(phantom, simulation):
    return make_effects(phantom, simulation["regions"])
