import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from relmaps.simulation.disease import LOSS_PER_SEVERITY, build_effects, disease_field
from relmaps.simulation.phantom import Tissues, field_tissues
from relmaps.space.grid import Grid
from relmaps.space.template import packaged

pytestmark = pytest.mark.slow

INNER = (slice(1, -1),) * 3


@pytest.fixture
def tissues(rng):
    """Smooth fractions on a small grid with a margin, grey matter in front and fluid behind."""
    affine = np.array([[4.0, 0, 0, -46], [0, 4, 0, -60], [0, 0, 4, -30], [0, 0, 0, 1]])
    x, y, z = np.indices((24, 28, 20))
    brain = np.exp(-(((x - 11) / 5) ** 2 + ((y - 13) / 6) ** 2 + ((z - 9) / 4) ** 2))
    share = 1 / (1 + np.exp((y - 13) / 3))
    return Tissues(
        Grid((24, 28, 20), affine, "template"), {"gm": brain * (1 - share), "wm": 0 * brain, "csf": brain * share}
    )


def test_without_loss_nothing_moves(tissues):
    nothing = np.zeros(tissues.grid.shape)
    assert (disease_field(tissues, nothing) == 0).all()
    effects = build_effects(tissues, (nothing, nothing))
    assert (effects.left == 0).all()
    assert (effects.right == 0).all()
    assert np.abs(effects.ageing).max() > 0


def test_grey_matter_shrinks_as_the_loss_says_and_fluid_nearby_grows_by_the_same_volume(tissues):
    loss = np.exp(-(((tissues.grid.coordinates()[0] - 10) / 15) ** 2))
    lost = LOSS_PER_SEVERITY * loss * tissues.fractions["gm"]
    fluid = tissues.fractions["csf"] * gaussian_filter(lost, 60 / 2.35482 / 4)  # FWHM of 60 mm in voxels of 4 mm
    grown = fluid / fluid.sum() * lost.sum()
    field = disease_field(tissues, loss)
    found = sum(np.gradient(part, 4.0, axis=axis) for axis, part in enumerate(field))
    np.testing.assert_allclose(found[INNER], (grown - lost)[INNER], atol=0.01 * lost.max())


def test_disease_of_either_side_follows_its_loss(tissues):
    right = (tissues.grid.coordinates()[0] > 0).astype(float)
    effects = build_effects(tissues, (1 - right, right))
    np.testing.assert_allclose(effects.left, disease_field(tissues, 1 - right))
    np.testing.assert_allclose(effects.right, disease_field(tissues, right))


def test_tissues_of_the_packaged_template_are_those_of_the_phantom(phantom):
    found = field_tissues(packaged())
    assert found.voxel_mm == 4
    assert found.grid.fits(phantom.field.grid.shape, phantom.field.grid.affine)
    for name in ("gm", "wm", "csf"):
        np.testing.assert_array_equal(found.fractions[name], phantom.field.fractions[name])
    np.testing.assert_allclose(found.grid.affine[:3, 3], phantom.grid.affine[:3, 3])  # both start at the same corner
