import nibabel as nib
import numpy as np
import pytest
from nilearn.datasets import load_mni152_brain_mask

from relmaps.images import Grid
from relmaps.reference.ale import ale_reference, estimate_ale, without_small_clusters
from relmaps.reference.sleuth import Experiment, read_sleuth

CENTRE = np.array([26.0, -16.0, -18.0])


@pytest.fixture(scope="module")
def literature():
    """25 experiments with foci around one place on the right, and one stray focus each."""
    rng = np.random.default_rng(3)
    return [
        Experiment(
            f"study {number}",
            20,
            "MNI",
            np.vstack([CENTRE + rng.normal(0, 3, (3, 3)), rng.uniform([-50, -70, 0], [50, 40, 50])]),
        )
        for number in range(25)
    ]


@pytest.fixture(scope="module")
def whole_head():
    grid = Grid((31, 37, 29), np.array([[6.0, 0, 0, -88], [0, 6, 0, -126], [0, 0, 6, -72], [0, 0, 0, 1]]), "MNI")
    return grid, np.ones(grid.shape, dtype=bool)


@pytest.fixture(scope="module")
def reference(literature, whole_head):
    return ale_reference(literature, "made up", 0.05, 0, *whole_head)


def test_is_significant_where_foci_agree(reference, whole_head):
    grid, _ = whole_head
    assert reference.mask.any()
    distance = np.linalg.norm(grid.coordinates()[:, reference.mask] - CENTRE[:, None], axis=0)
    assert distance.max() < 25
    assert reference.map[reference.mask].min() >= reference.threshold
    np.testing.assert_array_equal(reference.mask, reference.map >= reference.threshold)
    assert (reference.n_studies, reference.n_foci) == (25, 100)


def test_statistic_is_the_2_mm_one_at_shared_voxel_centres(literature, reference, whole_head):
    grid, _ = whole_head
    statistic, _ = estimate_ale(literature, 0.05)
    voxel = (19, 18, 9)
    fine = np.linalg.inv(statistic.affine) @ grid.affine @ [*voxel, 1]
    np.testing.assert_allclose(fine, np.rint(fine), atol=1e-6)
    expected = statistic.get_fdata()[tuple(np.rint(fine[:3]).astype(int))]
    assert expected > 0
    assert reference.map[voxel] == pytest.approx(expected, rel=1e-5)


def test_threshold_is_the_least_significant_value(literature, reference):
    statistic, significant = estimate_ale(literature, 0.05)
    values = statistic.get_fdata()
    assert values[significant].min() == pytest.approx(reference.threshold)
    assert values[~significant].max() < reference.threshold


def test_stricter_rate_keeps_less(literature, reference, whole_head):
    assert ale_reference(literature, "", 1e-6, 0, *whole_head).threshold > reference.threshold


def test_talairach_foci_are_moved(literature, whole_head, reference):
    moved = [Experiment(e.name, e.subjects, "TAL", e.foci) for e in literature]
    other = ale_reference(moved, "", 0.05, 0, *whole_head)
    grid, _ = whole_head
    shift = [grid.coordinates()[:, r.mask].mean(axis=1) for r in (other, reference)]
    # Talairach brains are smaller: the place lies farther out and lower in MNI space
    assert shift[0][0] > shift[1][0]
    assert shift[0][2] < shift[1][2]


def test_nothing_survives_with_four_studies_and_the_note_says_so(whole_head):
    experiments = read_sleuth("resources/ad_vbm_foci.txt")
    reference = ale_reference(experiments, "resources/ad_vbm_foci.txt", 0.05, 0, *whole_head)
    assert not reference.mask.any()
    assert reference.threshold is None
    assert reference.map.max() > 0
    assert "Nothing survives" in reference.note
    assert "n/a" in reference.note


def test_clusters_that_are_too_small_leave_the_mask_but_not_the_map(literature, whole_head, reference):
    large = ale_reference(literature, "", 0.05, 10**6, *whole_head)
    assert not large.mask.any()
    assert "No cluster has 1000000 voxels" in large.note
    np.testing.assert_array_equal(large.map, reference.map)


def test_without_small_clusters_counts_voxels_that_touch_by_faces():
    significant = np.zeros((5, 5, 5), dtype=bool)
    significant[0, 0, :3] = True
    significant[2, 2, 2] = significant[3, 3, 3] = True
    kept = without_small_clusters(significant, 2)
    assert kept.sum() == 3
    assert kept[0, 0, :3].all()
    np.testing.assert_array_equal(without_small_clusters(significant, 0), significant)


def test_significant_voxels_lie_in_the_brain(literature):
    statistic, significant = estimate_ale(literature, 0.05)
    brain = load_mni152_brain_mask(resolution=2)
    assert isinstance(statistic, nib.Nifti1Image)
    assert not (significant & (brain.get_fdata() == 0)).any()
