"""Which affine is believed, and what is tried where the first is not."""

import ants
import nibabel as nib
import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from relmaps.io.errors import ScanError
from relmaps.preprocess import alignment
from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.alignment import TURNS, align, implausible
from relmaps.space import mni152
from relmaps.space.mni152 import average_on, study_grid

pytestmark = [pytest.mark.fault, pytest.mark.slow]

MARGINS = (12.0, 18.0, None)


@pytest.mark.parametrize(
    ("matrix", "correlation", "problem"),
    [
        (np.eye(3), 0.8, ""),
        (np.diag([0.8, 0.95, 1.1]), 0.5, ""),
        (Rotation.from_euler("xyz", (40, 20, 10), True).as_matrix() * 0.9, 0.5, ""),
        (np.diag([1.2, 1.2, 1.2]), 0.9, "the brain would have 1.73 times the template's volume"),
        (np.diag([0.7, 0.7, 0.7]), 0.9, "the brain would have 0.34 times the template's volume"),
        (np.diag([0.55, 1.0, 1.0]), 0.9, "the brain would be 0.55 to 1.00 times as long as the template's"),
        (np.diag([0.8, 0.8, 1.35]), 0.9, "the brain would be 0.80 to 1.35 times as long as the template's"),
        (np.array([[1, 0.8, 0], [0, 1, 0], [0, 0, 1.0]]), 0.9, "the brain would be 0.68 to 1.48 times as long"),
        (np.eye(3), 0.1, "the correlation with the template is 0.10"),
        (np.eye(3), np.nan, "the correlation with the template is nan"),
    ],
)
def test_volume_stretch_shear_and_correlation_are_bounded(matrix, correlation, problem):
    assert implausible(matrix, correlation).startswith(problem)
    assert bool(implausible(matrix, correlation)) == bool(problem)


def make_image(data: np.ndarray, affine=None) -> steps.Image:
    return steps.to_ants(
        nib.Nifti1Image(data.astype(np.float32), np.diag([4.0, 4, 4, 1]) if affine is None else affine)
    )


@pytest.fixture
def scripted(monkeypatch):
    """`align` whose starts give the affines and correlations of a list; returns (result, what was tried)."""

    def run(outcomes, folder):
        tried = []

        def once(fixed, moving, mask, initial, here):
            tried.append("turned" if initial else None if mask is None else float(mask.numpy().sum()))
            return str(len(tried) - 1)

        monkeypatch.setattr(steps, "align_once", once)
        monkeypatch.setattr(steps, "read_matrix", lambda affine: outcomes[int(affine)][0])
        monkeypatch.setattr(alignment, "correlation_inside", lambda f, m, affine, b: outcomes[int(affine)][1])
        brain = np.zeros((20, 20, 20))
        brain[8:12, 8:12, 8:12] = 1
        image = make_image(brain + 1)
        return lambda: (align(image, image, make_image(brain), MARGINS, folder), tried)

    return run


GOOD, HUGE = np.eye(3), 2 * np.eye(3)


def test_a_plausible_first_affine_is_taken_at_once(scripted, tmp_path):
    (affine, remark), tried = scripted([(GOOD, 0.5)], tmp_path)()
    assert (affine, remark, len(tried)) == ("0", "", 1)


def test_the_best_plausible_affine_wins_where_the_first_is_not(scripted, tmp_path):
    outcomes = [(HUGE, 0.9), (GOOD, 0.5), (GOOD, 0.6)] + [(HUGE, 0.9)] * 6
    (affine, remark), tried = scripted(outcomes, tmp_path)()
    assert affine == "2"
    assert tried[0] < tried[1]
    assert tried[2:] == [None] + ["turned"] * 6
    assert remark == "registered from all voxels, for at first the brain would have 8.00 times the template's volume"


def test_a_low_correlation_asks_for_turned_heads(scripted, tmp_path):
    outcomes = [(GOOD, 0.45)] * 3 + [(GOOD, 0.1), (GOOD, 0.7)] + [(GOOD, 0.4)] * 4
    (affine, remark), _ = scripted(outcomes, tmp_path)()
    assert affine == "4"
    assert remark == f"registered from a start turned by {TURNS[1]} degrees, for at first the correlation with the " + (
        "template was 0.45"
    )
    (tmp_path / "again").mkdir()
    (affine, remark), tried = scripted([(GOOD, 0.45)] * 9, tmp_path / "again")()
    assert (affine, remark, len(tried)) == ("0", "", 9), "the first is as good as any"


def test_without_a_plausible_affine_the_registration_has_failed(scripted, tmp_path):
    with pytest.raises(ScanError, match=r"registration failed: from each of 9 starts, as at first: the brain would"):
        scripted([(HUGE, 0.9)] * 9, tmp_path)()


def test_a_turned_start_turns_about_the_centre_of_mass_in_right_front_top(tmp_path, rng):
    data = np.zeros((20, 22, 18))
    data[5:12, 6:20, 3:9] = rng.random((7, 14, 6))
    affine = nib.affines.from_matvec(np.diag([2.0, 3, 2.5]), [-20, 10, 5])
    fixed, moving = (
        make_image(data, affine),
        make_image(data, nib.affines.from_matvec(np.diag([2.0, 3, 2.5]), [5, -9, 30])),
    )
    turn = Rotation.from_euler("xyz", (30, 10, -5), True)
    transform = ants.read_transform(steps.turned_start(fixed, moving, turn, tmp_path))
    centres = [steps.LPS @ np.array(ants.get_center_of_mass(image)) for image in (fixed, moving)]
    for away in (np.zeros(3), *(10 * np.eye(3))):
        found = steps.LPS @ np.array(transform.apply_to_point((steps.LPS @ (centres[0] + away)).tolist()))
        np.testing.assert_allclose(found - centres[1], turn.apply(away), atol=1e-3)


@pytest.mark.parametrize("turn", [(20, 0, 0), (70, 0, 0), (50, 20, 20)])
def test_a_brain_is_found_however_far_it_nods(tmp_path, turn):
    """From the centres of mass alone the second ends at a correlation of .45, the third at .49."""
    grid = study_grid(6)
    t1 = average_on(mni152.t1() * mni152.tissue_fractions()[0], mni152.AFFINE, grid)
    turned = nib.affines.from_matvec(Rotation.from_euler("xyz", turn, True).as_matrix() @ np.diag([5.4, 5.4, 5.4]))
    fixed, moving, inside = make_image(t1, grid.affine), make_image(100 * t1, turned), make_image(t1 > 0.1, grid.affine)
    affine, remark = align(fixed, moving, inside, MARGINS, tmp_path)
    assert alignment.correlation_inside(fixed, moving, affine, inside) > 0.99
    assert bool(remark) == (turn != (20, 0, 0))
