import nibabel as nib
import numpy as np
import pytest
from nibabel.affines import apply_affine
from scipy.ndimage import binary_erosion

from relmaps.simulation.protocols import MIN_VOXELS, PROTOCOLS, place, sample_protocol
from relmaps.space.template import packaged

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def brain_mm():
    """(n, 3) mm: the surface of the template's brain at 1 mm."""
    source = packaged()
    return apply_affine(source.affine, np.argwhere(source.brain & ~binary_erosion(source.brain))[::7])


def placements(name, phantom, number, voxel_mm):
    surface = phantom.brain_surface()
    return [
        place(PROTOCOLS[name], surface, voxel_mm, np.random.default_rng([1, n]), np.random.default_rng([2, n]))
        for n in range(number)
    ]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_the_brain_stays_in_the_field_of_view(name, phantom, brain_mm):
    for placement in placements(name, phantom, 200, 1):
        in_voxels = apply_affine(np.linalg.inv(placement.pose @ placement.affine), brain_mm)
        edges_mm = (in_voxels + 0.5) * placement.sides
        assert edges_mm.min() >= 6
        assert (np.array(placement.shape) * placement.sides - edges_mm).min() >= 6


@pytest.mark.parametrize("name", PROTOCOLS)
def test_heads_lie_off_centre_and_turned(name, phantom):
    drawn = placements(name, phantom, 200, 1)
    middle = phantom.brain_surface().mean(axis=0)
    up = [apply_affine(np.linalg.inv(p.pose), middle)[2] for p in drawn]
    assert np.ptp(up) > 15
    assert max(up) > (30 if name != "clinical" else 10)
    turns = [np.degrees(np.arccos((np.trace(p.affine[:3, :3] / p.sides) - 1) / 2)) for p in drawn]
    assert max(turns) > (15 if name == "clinical" else 3)
    assert max(turns) < 25
    pitch = [np.degrees(np.arctan2(p.pose[2, 1], p.pose[1, 1])) for p in drawn]
    assert 10 < max(np.abs(pitch)) < 27


@pytest.mark.parametrize("name", PROTOCOLS)
def test_voxels_and_field_of_view_are_those_of_the_protocol(name, phantom):
    protocol = PROTOCOLS[name]
    for placement in placements(name, phantom, 20, 1):
        np.testing.assert_allclose(placement.sides, np.maximum(protocol.sides, 1))
        extent = np.array(placement.shape) * placement.sides
        assert (extent > np.array(protocol.extent) - placement.sides).all()
        assert (extent < np.array(protocol.extent) + 40).all(), "a few slices more, if the brain needs them"


def test_a_side_is_never_shorter_than_wanted_nor_an_axis_shorter_than_16_voxels(phantom):
    for name in PROTOCOLS:
        (placement,) = placements(name, phantom, 1, 20)
        np.testing.assert_allclose(placement.sides, 20)
        assert min(placement.shape) >= MIN_VOXELS


def test_the_origin_of_the_scanner_is_the_middle_of_the_box(phantom):
    for name in PROTOCOLS:
        (placement,) = placements(name, phantom, 1, 4)
        np.testing.assert_allclose(apply_affine(placement.affine, (np.array(placement.shape) - 1) / 2), 0, atol=1e-9)
        assert nib.aff2axcodes(placement.affine) == ("R", "A", "S")


def test_mixed_draws_every_protocol(rng):
    drawn = {sample_protocol("mixed", rng) for _ in range(50)}
    assert drawn == set(PROTOCOLS.values())
    assert sample_protocol("ixi", rng) == PROTOCOLS["ixi"]


@pytest.mark.parametrize("name", PROTOCOLS)
def test_heads_have_some_1450_ml_inside_the_skull(name, phantom):
    volumes = [1886 / np.linalg.det(placement.pose[:3, :3]) for placement in placements(name, phantom, 200, 4)]
    assert np.mean(volumes) == pytest.approx(1450, rel=0.03)
    assert 100 < np.std(volumes) < 200
