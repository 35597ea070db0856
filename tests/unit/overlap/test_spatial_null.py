import numpy as np
import pytest
from scipy import ndimage

from relmaps.overlap.map_transform import FWHM_PER_SIGMA
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import null_p
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.overlap.spatial import Components, SurrogateFields, smooth_root, spatial_null, widths_mm
from relmaps.reference.reference import ReferenceMask
from relmaps.space.grid import Grid

GRID = Grid(
    (28, 34, 26), np.array([[5.0, 0, 0, -68], [0, 4, 0, -71], [0, 0, 6, -60], [0, 0, 0, 1]]), "MNI152NLin2009aSym"
)
N_FIELDS = 8


@pytest.fixture(scope="module")
def large_brain() -> np.ndarray:
    """An ellipsoid of about 100 x 120 x 120 mm, off centre on every axis."""
    x, y, z = np.indices(GRID.shape)
    return ((x - 12) / 10.6) ** 2 + ((y - 17.5) / 14.8) ** 2 + ((z - 12) / 10.2) ** 2 <= 1


@pytest.fixture(scope="module")
def components(large_brain) -> Components:
    return Components(large_brain, GRID.voxel_mm)


def smoothed(fwhm: float, rng: np.random.Generator) -> np.ndarray:
    """(nx, ny, nz) noise of variance 1, smoothed in space far from any edge."""
    white = rng.standard_normal(np.add(GRID.shape, 40))
    smooth = ndimage.gaussian_filter(white, fwhm / FWHM_PER_SIGMA / GRID.voxel_mm)[20:-20, 20:-20, 20:-20]
    return smooth / smooth.std()


def neighbour_correlations(values: np.ndarray, brain: np.ndarray, where: np.ndarray | bool = True) -> np.ndarray:
    """(3,) along x, y and z of pairs of neighbours that lie in `where`, (nx, ny, nz)."""
    volume = np.full(brain.shape, np.nan)
    volume[brain & where] = values[where[brain]] if isinstance(where, np.ndarray) else values
    found = []
    for axis in range(3):
        first, second = np.moveaxis(volume, axis, 0)[:-1].ravel(), np.moveaxis(volume, axis, 0)[1:].ravel()
        both = np.isfinite(first) & np.isfinite(second)
        found.append(np.corrcoef(first[both], second[both])[0, 1])
    return np.array(found)


def fields_like(values: np.ndarray, components: Components, n: int = N_FIELDS) -> np.ndarray:
    draw, rng = SurrogateFields(values, components), np.random.default_rng(1)
    return np.array([draw(rng) for _ in range(n)])


def test_a_root_makes_the_covariance_of_blurred_noise_without_ends_or_wrapping():
    root = smooth_root(40, 3.0)
    lags = np.subtract.outer(np.arange(40), np.arange(40))
    np.testing.assert_allclose(root @ root.T, np.exp(-(lags**2) / (4 * 3.0**2)), atol=0.01)
    assert root.shape[1] < 20


def test_components_have_variance_1_everywhere_and_the_smoothness_of_their_width(large_brain, components, rng):
    drawn = np.array([components.draw(rng) for _ in range(60)])
    # 60 samples know a variance to 2 sqrt(2 / 60) = .37 at one voxel; averaged over a shell of the brain, far better
    edge = ~ndimage.binary_erosion(large_brain)[large_brain]
    np.testing.assert_allclose((drawn[:, :, edge] ** 2).mean(axis=(0, 2)), 1, atol=0.1)
    for width, fields in zip([0, *widths_mm(GRID.voxel_mm)], drawn.swapaxes(0, 1), strict=True):
        sigma = max(width, 1e-9) / FWHM_PER_SIGMA
        expected = np.exp(-(GRID.voxel_mm**2) / (4 * sigma**2))
        found = np.mean([neighbour_correlations(field, large_brain) for field in fields], axis=0)
        np.testing.assert_allclose(found, expected, atol=0.03)


def test_shares_are_those_of_a_mixture(components, rng):
    """Of 30 % white and 70 % smooth noise, on average; the smooth one's neighbours are hard to tell from it."""
    found = []
    for _ in range(6):
        noises = components.draw(rng)
        shares = components.shares(np.sqrt(0.3) * noises[0] + np.sqrt(0.7) * noises[3])
        assert shares.min() >= 0
        np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-5)
        found.append([shares[0].mean(), shares[2:5].sum(axis=0).mean()])
    np.testing.assert_allclose(np.mean(found, axis=0), [0.3, 0.7], atol=0.06)


def test_where_a_map_is_constant_the_shares_are_still_shares(large_brain, components, rng):
    spot = np.zeros(large_brain.sum())
    spot[:3] = rng.random(3)
    shares = components.shares(spot)
    assert np.isfinite(shares).all()
    assert shares.min() >= 0
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("fwhm", [0.01, 9, 14, 24])
def test_fields_correlate_between_neighbours_as_the_map_does(large_brain, components, rng, fwhm):
    values = smoothed(fwhm, rng)[large_brain]
    found = [neighbour_correlations(field, large_brain) for field in fields_like(values, components)]
    # From one map to the next, the correlations themselves vary by .01 to .02.
    np.testing.assert_allclose(np.mean(found, axis=0), neighbour_correlations(values, large_brain), atol=0.04)


def test_fields_are_smooth_where_the_map_is(large_brain, components, rng):
    y = np.indices(GRID.shape)[1]
    values = np.where(y < 18, smoothed(8, rng), smoothed(24, rng))[large_brain]
    fields = fields_like(values, components)
    for half in (y < 12, y > 23):  # windows of 40 mm blur the boundary
        found = np.mean([neighbour_correlations(field, large_brain, half) for field in fields], axis=0)
        np.testing.assert_allclose(found, neighbour_correlations(values, large_brain, half), atol=0.08)


def test_opposite_sides_do_not_know_of_each_other(large_brain, components, rng):
    fields = fields_like(smoothed(14, rng)[large_brain], components, 60)
    for axis in range(3):
        places = np.nonzero(large_brain)[axis]
        first, last = places <= places.min() + 1, places >= places.max() - 1
        correlation = np.corrcoef(fields[:, first].mean(axis=1), fields[:, last].mean(axis=1))[0, 1]
        assert abs(correlation) < 3.3 / np.sqrt(60)


def test_fields_rearrange_the_values_of_the_map_and_do_not_know_its_peak(large_brain, components, rng):
    x, y, z = np.indices(GRID.shape)
    peak = ((x - 6) ** 2 + (y - 17) ** 2 + (z - 12) ** 2 < 16)[large_brain]
    values = (smoothed(10, rng)[large_brain] + 4 * peak).astype(np.float32)
    fields = fields_like(values, components, 40)
    for field in fields:
        np.testing.assert_array_equal(np.sort(field), np.sort(values))
    means = fields[:, peak].mean(axis=1)
    assert abs(means.mean() - values.mean()) < 3 * means.std() / np.sqrt(40)
    ratio = fields[:, peak].std() / fields[:, ~peak].std()
    assert ratio == pytest.approx(1, abs=0.2)
    assert values[peak].mean() > means.max()


@pytest.fixture
def large_scoring_space(large_brain) -> ScoringSpace:
    """One reference on the right, and one outside the brain."""
    x, _, _ = np.indices(GRID.shape)
    references = [
        ReferenceMask("side", large_brain & (x > 18), "ground_truth", None),
        ReferenceMask("beside", ~large_brain, "ground_truth", None),
    ]
    return ScoringSpace(GRID, {"brain": large_brain}, references)


@pytest.fixture
def quick() -> list:
    return [METRICS["roc_auc"], METRICS["centre_distance_mm"]]


def test_the_null_holds_the_scores_of_the_fields(large_scoring_space, components, primary, quick, rng):
    values = smoothed(12, rng)[large_scoring_space.brain]
    null = spatial_null(values, large_scoring_space, primary, 4, 5, quick)
    assert null.shape == (4, 2, 2)
    scorer, draw, again = (
        large_scoring_space.scorer(primary, quick),
        SurrogateFields(values, components),
        np.random.default_rng(5),
    )
    np.testing.assert_array_equal(null, [scorer(draw(again)) for _ in range(4)])
    assert np.isfinite(null[:, 0]).all()
    assert np.isnan(null[:, 1]).all()
    np.testing.assert_array_equal(spatial_null(values, large_scoring_space, primary, 2, 5, quick), null[:2])
    assert not np.array_equal(spatial_null(values, large_scoring_space, primary, 4, 6, quick)[:, 0], null[:, 0])


def test_a_constant_map_has_no_null(large_scoring_space, primary):
    null = spatial_null(np.full(large_scoring_space.brain.sum(), 2.0), large_scoring_space, primary, 3, 0)
    assert null.shape == (3, 2, len(METRICS))
    assert np.isnan(null).all()


def test_p_counts_fields_that_are_at_least_as_good(rng):
    null = np.append(rng.integers(0, 10, 40) / 10, np.nan)
    for name, better in (("roc_auc", np.greater_equal), ("hausdorff_95_mm", np.less_equal)):
        as_good = sum(bool(better(score, 0.6)) for score in null[:-1])
        assert null_p(0.6, null, METRICS[name]) == (1 + as_good) / 41


@pytest.mark.parametrize("sign", ["abs", "signed"])
def test_a_map_of_the_reference_beats_the_fields_and_noise_does_not(large_scoring_space, quick, rng, sign):
    noise, auc = smoothed(12, rng)[large_scoring_space.brain], quick[0]
    specification, inside = (
        Specification(sign, 8, "brain"),
        large_scoring_space.references[0].mask[large_scoring_space.brain],
    )
    for values, informed in ((noise + 2 * inside, True), (noise - 0.5 * inside * (sign == "signed"), False)):
        null = spatial_null(values, large_scoring_space, specification, 39, 0, quick)
        p = null_p(large_scoring_space.scorer(specification, quick)(values)[0, 0], null[:, 0, 0], auc)
        assert (p == 1 / 40) == informed
