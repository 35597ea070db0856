"""Diseases for tests, as the configuration names them."""

from relmaps.simulation.disease import Effects, build_effects
from relmaps.simulation.phantom import Phantom
from relmaps.simulation.regions import compute_losses


def in_ellipsoids(ellipsoids: list[dict]) -> dict:
    """Settings of a disease's regions that are ellipsoids."""
    return {"source": "ellipsoids", "path": None, "fwhm_mm": 1.0, "ellipsoids": ellipsoids}


def make_effects(phantom: Phantom, ellipsoids: list[dict]) -> Effects:
    return build_effects(phantom.field, compute_losses(in_ellipsoids(ellipsoids), phantom.field.grid))
