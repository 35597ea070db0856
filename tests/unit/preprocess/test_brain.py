"""Where the brain is: ellipsoids and boxes for each decision, and one simulated head for the whole."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import binary_closing, binary_erosion, binary_fill_holes

from relmaps.io.errors import ScanError
from relmaps.io.files import scratch_folder
from relmaps.preprocess import registration
from relmaps.preprocess.brain import (
    HEAD_MM,
    cut_share,
    is_skull_stripped,
    mask_problem,
    refine,
    tissue_threshold,
    where_head,
    without_padding,
)
from relmaps.preprocess.quality import dice
from relmaps.preprocess.registration import Settings, register
from relmaps.preprocess.template import load_template, write_template
from relmaps.preprocess.timing import Timing
from relmaps.simulation import simulate
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_scan
from tests.bad_scans import small_head
from tests.diseases import make_effects

pytestmark = pytest.mark.fault

SPACE = "MNI152NLin2009aSym"
TURN = nib.eulerangles.euler2mat(0.1, -0.2, 0.3)
SHAPE, VOXEL_MM = (50, 60, 52), np.array([4.0, 4.0, 4.5])


def in_ellipsoid(shape: tuple[int, int, int], voxel_mm: np.ndarray, radii_mm: list[float]) -> np.ndarray:
    """(nx, ny, nz) bool: an ellipsoid in the middle of the image."""
    centre = (np.array(shape) - 1) / 2
    return np.linalg.norm((np.indices(shape).T - centre) * voxel_mm / radii_mm, axis=-1).T <= 1


@pytest.fixture
def brain() -> np.ndarray:
    """1.5 litres."""
    return in_ellipsoid(SHAPE, VOXEL_MM, [64, 84, 66.6])


@pytest.fixture
def head(brain) -> np.ndarray:
    """Intensities of a head without noise: brain, fluid, a dark skull and a bright scalp, and nothing around."""
    layers = [brain] + [in_ellipsoid(SHAPE, VOXEL_MM, [64 + mm, 84 + mm, 66.6 + mm]) for mm in (4, 10, 16)]
    return np.select(layers, [900.0, 250.0, 0.0, 700.0], 0.0)


def make_image(data: np.ndarray) -> nib.Nifti1Image:
    """An oblique image."""
    return nib.Nifti1Image(data.astype(np.float32), nib.affines.from_matvec(TURN @ np.diag(VOXEL_MM), [-90, -80, -99]))


def test_a_brain_with_zeros_around_it_is_skull_stripped(brain, head, rng):
    assert brain.sum() * np.prod(VOXEL_MM) / 1000 == pytest.approx(1500, rel=0.01)
    assert is_skull_stripped(make_image(head * brain)) is True
    noisy = np.hypot(head + 30 * rng.standard_normal(SHAPE), 30 * rng.standard_normal(SHAPE))
    assert is_skull_stripped(make_image(noisy * brain)) is True


def test_a_raw_head_is_not_skull_stripped(head, rng):
    assert is_skull_stripped(small_head()) is False
    assert is_skull_stripped(make_image(head)) is False, "its background is exactly 0, but its scalp is not"
    noise = 30 * rng.standard_normal((2, *SHAPE))
    assert is_skull_stripped(make_image(np.hypot(head + noise[0], noise[1]))) is False
    with_integers = np.rint(np.hypot(head + noise[0], noise[1])).astype(np.int16)
    assert is_skull_stripped(nib.Nifti1Image(with_integers, make_image(head).affine)) is False


def test_a_background_that_is_not_0_is_no_skull_stripping(brain, head):
    """As in Hounsfield units, or a masked image that was standardised afterwards."""
    assert is_skull_stripped(make_image(head * brain - 1024)) is False


@pytest.fixture
def patient(rng):
    """A head of 180 x 200 x 240 mm on a neck and shoulders, with noise, in voxels of 4 x 4 x 5 mm, RAS+.

    Returns the image, the scan's mask without noise and the lowest slice of the head.
    """
    shape, top = (70, 62, 90), 84
    x, y, z = np.indices(shape)
    x, y = (x - 34.5) * 4.0, (y - 30.5) * 4.0
    above = (z - top) * 5.0  # mm above the top of the head
    head = (x / 90) ** 2 + (y / 100) ** 2 + ((above + 120) / 120) ** 2 <= 1
    neck = (np.hypot(x, y) < 55) & (above <= -180)
    shoulders = (abs(x) < 130) & (abs(y) < 60) & (above < -290)
    data = np.where(head | neck | shoulders, 800.0, 0)
    data += abs(15 * rng.standard_normal(shape))
    affine = nib.affines.from_matvec(TURN @ np.diag([4.0, 4.0, 5.0]), [-130, -110, -300])
    return nib.Nifti1Image(data.astype(np.float32), affine), head | neck | shoulders, top


def test_the_head_is_what_lies_within_220_mm_below_its_top(patient):
    image, mask, top = patient
    inside = where_head(image)
    rows = [k for k in range(mask.shape[2]) if mask[:, :, k].mean() > 0.01]
    lowest = rows[-1] - int(HEAD_MM / 5)
    assert 0 <= top - rows[-1] <= 2
    assert not inside[:, :, :lowest].any(), "neither shoulders nor neck"
    np.testing.assert_array_equal(inside[:, :, lowest:], mask[:, :, lowest:])


def test_a_few_bright_voxels_above_the_head_are_not_its_top(patient):
    image, _, _ = patient
    spotted = image.get_fdata(dtype=np.float32).copy()
    spotted[[20, 30, 50], [10, 40, 44], 89] = 900
    below = where_head(image)
    inside = where_head(nib.Nifti1Image(spotted, image.affine))
    np.testing.assert_array_equal(inside[:, :, :89], below[:, :, :89])


def test_a_head_that_fills_the_image_is_kept_whole(head):
    """No neck lies below it, and there is nothing to cut."""
    inside = where_head(make_image(head))
    np.testing.assert_array_equal(inside, head > 100)


def test_a_mask_of_an_impossible_volume_is_no_brain(brain, head):
    affine = make_image(brain).affine
    assert mask_problem(brain, affine) == ""
    assert mask_problem(head > 0, affine) == "its mask has 2,310 ml"
    assert mask_problem(0 * brain, affine) == "its mask has 0 ml"


def literal_cut_share(mask: np.ndarray, sides: np.ndarray) -> float:
    """Face by face of each voxel."""
    surface, cuts = 0.0, dict.fromkeys([(axis, step) for axis in range(3) for step in (-1, 1)], 0.0)
    for voxel in np.argwhere(mask):
        for axis, step in cuts:
            face = np.prod(np.delete(sides, axis))
            neighbour = voxel.copy()
            neighbour[axis] += step
            if not 0 <= neighbour[axis] < mask.shape[axis]:
                cuts[axis, step] += face
                surface += face
            elif not mask[tuple(neighbour)]:
                surface += face
    return max(cuts.values()) / surface


@pytest.mark.parametrize("rows", [slice(0, None), slice(20, None), slice(None, -20), slice(16, -22)])
def test_the_cut_share_counts_the_faces_at_one_side(brain, rows):
    part = brain[:, rows]
    found = cut_share(part, make_image(brain).affine)
    assert found == pytest.approx(literal_cut_share(part, VOXEL_MM), abs=1e-9)
    assert (found > 0.05) == (rows != slice(0, None)), "some 25 mm of the brain are missing"


def test_a_brain_within_the_image_is_not_cut_and_one_that_touches_hardly(brain):
    assert cut_share(brain, make_image(brain).affine) == 0
    first = np.flatnonzero(brain.any(axis=(0, 1)))[0]
    assert 0 < cut_share(brain[:, :, first:], make_image(brain).affine) < 0.03
    assert cut_share(0 * brain, np.eye(4)) == 0


SIDES = [(axis, end) for axis in range(3) for end in (0, -1)]
RADII_MM = np.array([66.0, 86, 62])
VOXELS_MM = [(1.0, 1.0, 1.2), (1.0, 0.9, 5.0), (4.0, 1.0, 1.0), (4.0, 4.0, 4.5)]


def cut_away(image: np.ndarray, axis: int, end: int, n: int, padded: bool) -> np.ndarray:
    """Without the first or last n slices along an axis, or with zeros in their place."""
    slices = slice(n, None) if end == 0 else slice(None, image.shape[axis] - n)
    index = tuple(slices if other == axis else slice(None) for other in range(3))
    kept = np.zeros_like(image)
    kept[index] = image[index]
    return kept if padded else image[index]


def brain_in_space(voxel_mm: tuple[float, ...], off: float) -> tuple[np.ndarray, np.ndarray]:
    """A brain's mask with 10 mm around it, off the middle of the image by a part of a voxel; its affine."""
    shape = tuple(np.ceil(2 * (RADII_MM + 10) / voxel_mm).astype(int))
    centre = (np.array(shape) - 1) / 2 + off
    distance = np.linalg.norm((np.indices(shape).T - centre) * voxel_mm / RADII_MM, axis=-1).T
    return distance <= 1, np.diag([*voxel_mm, 1])


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("axis", "end"), SIDES)
@pytest.mark.parametrize("voxel_mm", VOXELS_MM)
def test_a_cut_is_seen_at_each_side_also_where_the_image_was_padded_afterwards(voxel_mm, axis, end, padded):
    """As where a skull-stripped scan lacks 16 mm: 4 % of the volume or less."""
    mask, affine = brain_in_space(voxel_mm, off=0.2)
    slices = np.flatnonzero(mask.any(axis=tuple(np.delete(range(3), axis))))
    before = slices[0] if end == 0 else mask.shape[axis] - 1 - slices[-1]
    part = cut_away(mask, axis, end, before + round(16 / voxel_mm[axis]), padded)
    assert part.sum() / mask.sum() > 0.94
    assert cut_share(part, affine) > 0.03


@pytest.mark.parametrize("off", [0, 0.2, 0.5])
@pytest.mark.parametrize("voxel_mm", VOXELS_MM)
def test_an_intact_brain_has_no_cut_however_its_slices_fall(voxel_mm, off):
    assert cut_share(*brain_in_space(voxel_mm, off)) == 0


def test_a_brainstem_that_was_cut_across_is_no_cut_of_the_brain():
    mask, affine = brain_in_space((1.0, 1.0, 1.2), off=0)
    x, y = np.indices(mask.shape[:2]) - np.array(mask.shape[:2])[:, None, None] / 2
    mask[..., 4:20] |= ((x**2 + y**2) < 14**2)[..., None]
    assert cut_share(mask, affine) == 0


def test_strays_outside_do_not_hide_a_cut():
    mask, affine = brain_in_space((1.0, 1.0, 1.2), off=0)
    part = cut_away(mask, 2, -1, 25, padded=True)
    part[70, 80, -3] = True
    at_border = cut_share(cut_away(mask, 2, -1, 25, padded=False), affine)
    assert cut_share(part, affine) == pytest.approx(at_border, rel=0.01)


@pytest.mark.parametrize(("axis", "end"), SIDES)
def test_a_mask_that_goes_on_into_padding_is_cut_where_the_head_is(head, brain, axis, end):
    """As the network's, which rounds off the end of a brain that was cut."""
    slices = np.flatnonzero(brain.any(axis=tuple(np.delete(range(3), axis))))
    before = slices[0] if end == 0 else brain.shape[axis] - 1 - slices[-1]
    n = before + 4
    scan = make_image(cut_away(head, axis, end, n, padded=True))
    beyond = cut_away(binary_erosion(brain), axis, end, n - 1, padded=True)
    rounded = cut_away(brain, axis, end, n, padded=True) | beyond
    found = cut_share(without_padding(rounded, scan), scan.affine)
    assert found == pytest.approx(cut_share(cut_away(brain, axis, end, n, padded=False), scan.affine), rel=0.02)
    assert found > 0.03


def test_the_mask_of_a_head_that_is_whole_is_left_as_it_is(head, brain):
    np.testing.assert_array_equal(without_padding(brain, make_image(head)), brain)


# A flat-sided brain, whose border moves by whole voxels: mask and tissue are boxes of voxels.
BOX = (slice(8, 20),) * 3
FACE = slice(10, 18)  # of the box's faces, away from the edges, which opening rounds off
DARK, BRIGHT = 0.3, 0.7
NEAR_MM = np.ones(3)


@pytest.fixture
def flat(rng):
    """mask, scan: a brain of grey and white matter with a ventricle, and fluid around it."""
    mask = np.zeros((28, 28, 28), bool)
    mask[BOX] = True
    scan = np.where(mask, BRIGHT, DARK)
    scan[11:17, 11:17, 11:17] = 1.0
    scan[11:17, 12:16, 12:16] = DARK
    return mask, scan + 0.001 * rng.standard_normal(scan.shape)


def test_a_border_that_is_right_stays(flat):
    mask, scan = flat
    for outwards_mm in (0, 2):
        refined = refine(mask, scan, NEAR_MM, outwards_mm)
        np.testing.assert_array_equal(refined[FACE, FACE], mask[FACE, FACE])
        np.testing.assert_array_equal(refined[FACE, :, FACE], mask[FACE, :, FACE])
        np.testing.assert_array_equal(refined[:, FACE, FACE], mask[:, FACE, FACE])
        assert refined[14, 14, 14], "a ventricle is as dark as the fluid outside, and belongs to the brain"


@pytest.mark.parametrize(("voxel_mm", "n_joining"), [((1, 1, 1), 2), ((2, 1, 1), 1), ((0.9, 1, 1), 2), ((3, 1, 1), 0)])
def test_bright_voxels_within_2_mm_join_where_that_is_wanted(flat, voxel_mm, n_joining):
    mask, scan = flat
    scan[20:25, 8:20, 8:20] = BRIGHT
    refined = refine(mask, scan, np.array(voxel_mm, float), outwards_mm=2.0)
    assert refined[8 : 20 + n_joining, FACE, FACE].all()
    assert not refined[20 + n_joining :].any()
    assert not refined[:8].any()
    assert not refine(mask, scan, np.array(voxel_mm, float))[20:].any()


@pytest.mark.parametrize(("voxel_mm", "n_leaving"), [(1.0, 2), (2.0, 1), (0.7, 2), (4.0, 0)])
def test_dark_voxels_leave_within_1_8_mm(flat, voxel_mm, n_leaving):
    mask, scan = flat
    scan[8:10] = DARK
    refined = refine(mask, scan, np.array([voxel_mm, 4.0, 4.0]))
    assert not refined[: 8 + n_leaving].any()
    assert refined[8 + n_leaving : 20, FACE, FACE].all()


def test_the_middle_between_fluid_and_grey_matter_divides_dark_from_bright(rng):
    """Three classes of known means and unequal sizes."""
    values = np.concatenate([rng.normal(mean, 3, n) for mean, n in ((30, 400), (70, 2000), (100, 1500))])
    assert tissue_threshold(rng.permutation(values)) == pytest.approx(50, abs=1)
    assert tissue_threshold(np.full(10, 7.0)) == 7


@pytest.mark.parametrize("voxel_mm", [NEAR_MM, np.full(3, 0.5)], ids=["1 mm", "half a millimetre"])
def test_a_bridge_of_one_voxel_to_a_bright_shell_is_cut(flat, voxel_mm):
    mask, scan = flat
    plain = refine(mask, scan, voxel_mm, 2.0)
    scan[21:26] = BRIGHT  # the skull's marrow, a voxel of fluid away
    scan[20, 14, 14] = BRIGHT
    refined = refine(mask, scan, voxel_mm, 2.0)
    assert not refined[21:].any()
    np.testing.assert_array_equal(refined[:20], plain[:20])


def test_what_does_not_hang_together_with_the_brain_is_left_out(flat):
    mask, scan = flat
    plain = refine(mask, scan, NEAR_MM)
    more = mask.copy()
    more[2:6, 10:14, 10:14] = True
    scan[2:6, 10:14, 10:14] = BRIGHT
    np.testing.assert_array_equal(refine(more, scan, NEAR_MM), plain)


def test_holes_are_filled(flat):
    mask, scan = flat
    scan[20:25, 8:20, 8:20] = BRIGHT
    scan[19, 14, 14] = DARK
    mask[12, 9, 14] = False
    refined = refine(mask, scan, NEAR_MM, outwards_mm=2.0)
    assert refined[19, 14, 14], "dark, in the border, and enclosed since its neighbours outside joined"
    assert refined[12, 9, 14]


def test_coarse_voxels_leave_the_mask_as_it_is(flat, rng):
    """At 4 mm both distances are below a voxel, whatever the intensities."""
    mask, scan = flat
    refined = refine(mask, rng.random(scan.shape), np.array([4.0, 4.0, 4.5]), 2.0)
    np.testing.assert_array_equal(refined, mask)
    np.testing.assert_array_equal(refine(0 * mask > 0, scan, NEAR_MM), 0 * mask > 0)


@pytest.mark.slow
@pytest.mark.parametrize("method", [pytest.param("network", marks=pytest.mark.long), "template"])
def test_the_brain_of_a_simulated_head_is_extracted(tmp_path, monkeypatch, method):
    """At 4 mm, where no border is refined; so unlike the template is the head that an affine gets .94."""
    phantom = build_phantom()
    effects = make_effects(phantom, [{"centre": [40, -20, -10], "radii": [25, 30, 25], "loss": 1.0}])
    person = pd.Series({"severity_left": 5.0, "severity_right": 0.0, "age": 75.0})

    def simulated(noise, bias_field):
        settings = ScanSettings(anatomy_mm=5.0, ageing=0, voxel_mm=4, noise=noise, bias_field=bias_field, seed=8)
        return nib.as_closest_canonical(simulate_scan(0, person, phantom, effects, settings))

    raw = simulated(noise=0.02, bias_field=0.2)
    # The fluid between brain and skull is of the same kind as that in the ventricles. The truth is therefore what
    # grey and white matter enclose: sulci by closing over 12 mm, ventricles by filling.
    for name in simulate.INTENSITY:
        monkeypatch.setitem(simulate.INTENSITY, name, 1.0 if name in ("gm", "wm") else 0.0)
    tissue = simulated(noise=0, bias_field=0).get_fdata()
    # The simulation draws contrasts and gain by chance: one half is that of what most voxels of tissue have.
    truth = binary_fill_holes(binary_closing(tissue > 0.5 * np.median(tissue[tissue > 0]), iterations=3))

    write_template(4, SPACE, tmp_path / "template")
    settings = Settings(4, "SyN", registration_voxel_mm=4, iterations=(1, 0, 0), code="as it is")
    if method == "template":
        monkeypatch.setattr(registration, "network_mask", lambda head: np.ones(head.shape, bool))
    with scratch_folder() as scratch:
        found = register(raw, load_template(tmp_path / "template", SPACE), settings, scratch, Timing())
    corner = np.rint(nib.affines.apply_affine(np.linalg.inv(raw.affine), found.native.affine[:3, 3])).astype(int)
    brain = np.zeros(raw.shape, bool)
    brain[tuple(slice(a, a + n) for a, n in zip(corner, found.native.shape, strict=True))] = found.brain.numpy() > 0.5
    assert (found.stripped, found.found.method) == (False, method)
    if method == "template":
        assert found.found.remark.startswith("not by the network: its mask has ")
        assert found.agreement < 0.5, "everything was brain to the network"
    else:
        assert found.found.remark == ""
        assert found.agreement > 0.9
    assert dice(brain, truth) > 0.955


@pytest.mark.slow
def test_where_both_ways_fail_the_reason_names_both(tmp_path, monkeypatch):
    def refuse(*_):
        raise ScanError("registration failed: from each of 9 starts")

    monkeypatch.setattr(registration, "network_mask", lambda head: np.zeros(head.shape, bool))
    monkeypatch.setattr(registration, "_template_mask", refuse)
    write_template(8, SPACE, tmp_path)
    settings = Settings(8, "SyN", registration_voxel_mm=8, iterations=(1, 0, 0), code="as it is")
    words = r"brain extraction failed, not by the network: its mask has 0 ml; by the template: registration failed"
    with pytest.raises(ScanError, match=words):
        register(small_head(), load_template(tmp_path, SPACE), settings, tmp_path, Timing())
