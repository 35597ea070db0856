"""Diseases for tests, as the configuration names them."""

from relmaps.simulation.disease import Effects, build_effects
from relmaps.simulation.phantom import Phantom
from relmaps.simulation.regions import losses_of


def in_ellipsoids(ellipsoids: list[dict]) -> dict:
    """Settings of a disease's regions that are ellipsoids."""
    return {"source": "ellipsoids", "path": None, "fwhm_mm": 1.0, "ellipsoids": ellipsoids}


def effects_of(phantom: Phantom, ellipsoids: list[dict]) -> Effects:
    return build_effects(phantom.field, losses_of(in_ellipsoids(ellipsoids), phantom.field.grid))
