import nibabel as nib
import numpy as np
import pytest

from relmaps.reference.ale import Ale, Correction, brain_mask
from relmaps.reference.ale_reference import ale_reference, without_small_clusters
from relmaps.reference.sleuth import Experiment, read_label, read_sleuth
from tests.unit.reference.conftest import CENTRE

pytestmark = pytest.mark.fault

FOCI = "resources/ad_vbm_foci.txt"


@pytest.fixture(scope="module")
def reference(literature, whole_head):
    return ale_reference(literature, "made up", Correction(), *whole_head, label="a label", sample_sizes=[10, 20])


def test_is_significant_where_foci_agree(reference, whole_head):
    grid, _ = whole_head
    assert reference.mask.any()
    distance = np.linalg.norm(grid.coordinates()[:, reference.mask] - CENTRE[:, None], axis=0)
    assert distance.max() < 25
    np.testing.assert_array_equal(reference.mask, reference.map >= reference.threshold)
    assert (reference.n_studies, reference.n_foci) == (25, 100)
    assert (reference.kind, reference.label) == ("meta_analysis", "a label")
    assert "too few" not in reference.note


def test_statistic_and_threshold_are_those_of_2_mm(by_fdr, reference, whole_head):
    grid, _ = whole_head
    ale = by_fdr
    voxel = (19, 18, 9)
    fine = np.linalg.inv(ale.statistic.affine) @ grid.affine @ [*voxel, 1]
    np.testing.assert_allclose(fine, np.rint(fine), atol=1e-6)
    expected = ale.statistic.get_fdata()[tuple(np.rint(fine[:3]).astype(int))]
    assert expected > 0
    assert reference.map[voxel] == pytest.approx(expected, rel=1e-5)
    significant = ale.statistic.get_fdata()[ale.significant["fdr_0.05"][0]]
    assert significant.min() == pytest.approx(reference.threshold)


def test_the_multiverse_has_other_thresholds_and_sample_sizes(reference):
    thresholds = {thresholded.label: thresholded for thresholded in reference.thresholds}
    assert list(thresholds) == [
        *("fdr_0.05", "fdr_0.01", "p_0.001", "percentile_95", "percentile_99"),
        *("fdr_0.05_n10", "fdr_0.05_n20"),
    ]
    np.testing.assert_array_equal(thresholds["fdr_0.05"].mask, reference.mask)
    assert thresholds["fdr_0.01"].threshold > thresholds["fdr_0.05"].threshold
    assert not (thresholds["fdr_0.01"].mask & ~thresholds["fdr_0.05"].mask).any()
    assert not (thresholds["percentile_99"].mask & ~thresholds["percentile_95"].mask).any()
    # the literature's own size is 20, and smaller samples have wider foci
    np.testing.assert_array_equal(thresholds["fdr_0.05_n20"].mask, reference.mask)
    assert (thresholds["fdr_0.05_n10"].mask != reference.mask).any()
    assert thresholds["fdr_0.05_n10"].threshold < reference.threshold
    assert "as if every experiment had 10 subjects" in thresholds["fdr_0.05_n10"].meaning


def test_no_mask_reaches_beyond_the_brain(literature, whole_head, reference):
    grid, _ = whole_head
    brain = grid.coordinates()[0] > CENTRE[0]
    assert reference.mask[~brain].any(), "where foci agree is cut in two"
    thresholds = ale_reference(literature, "", Correction(), grid, brain).thresholds
    assert [thresholded.label for thresholded in thresholds] == [
        "fdr_0.05",
        "fdr_0.01",
        "p_0.001",
        "percentile_95",
        "percentile_99",
    ]
    assert all(thresholded.mask.any() for thresholded in thresholds)
    assert not any(thresholded.mask[~brain].any() for thresholded in thresholds)


def test_nothing_survives_with_four_studies_and_the_note_says_so(whole_head):
    reference = ale_reference(read_sleuth(FOCI), FOCI, Correction(), *whole_head, label=read_label(FOCI))
    assert not reference.mask.any()
    assert reference.threshold is None
    assert reference.map.max() > 0
    assert "Nothing survives" in reference.note
    assert "n/a" in reference.note
    assert "4 experiments are too few for inference" in reference.note
    assert reference.label == "transcribed, 4 studies, too few for inference"


def test_foci_outside_the_brain_and_remarks_stand_in_the_note(monkeypatch, whole_head):
    statistic = nib.Nifti1Image(np.ones(brain_mask().shape, np.float32), brain_mask().affine)
    made = Ale(statistic, {"fdr_0.05": (np.ones(statistic.shape, dtype=bool), "made up")}, n_astray=3)
    monkeypatch.setattr("relmaps.reference.ale_reference.estimate_ale", lambda *_: made)
    experiment = Experiment("", 20, "MNI", np.zeros((7, 3)))
    note = ale_reference([experiment], "", Correction(), *whole_head, remarks=["One.", "Two."]).note
    assert note.endswith(" 3 of 7 foci lie more than 10 mm outside the brain; check their space. One. Two.")


def test_clusters_that_are_too_small_leave_the_mask_but_not_the_map(literature, whole_head, reference):
    large = ale_reference(literature, "", Correction(minimum_cluster_voxels=10**6), *whole_head)
    assert not large.mask.any()
    assert "No cluster has 1000000 voxels" in large.note
    np.testing.assert_array_equal(large.map, reference.map)


def test_what_a_cluster_threshold_drops_is_not_in_the_mask(monkeypatch, whole_head):
    """Two places of the same value, one of which is not significant by its cluster."""
    grid, _ = whole_head
    data = np.zeros(brain_mask().shape, dtype=np.float32)
    data[20:30, 50:60, 40:50] = data[60:70, 50:60, 40:50] = 2
    data[24, 54, 44] = 3
    significant = np.zeros(data.shape, dtype=bool)
    significant[60:70, 50:60, 40:50] = True
    statistic = nib.Nifti1Image(data, brain_mask().affine)
    made = Ale(statistic, {"cluster_fwe_0.05": (significant, "made up")})
    monkeypatch.setattr("relmaps.reference.ale_reference.estimate_ale", lambda *_: made)
    reference = ale_reference(
        [Experiment("", 20, "MNI", CENTRE[None])], "", Correction(method="cluster_fwe"), *whole_head
    )
    left = nib.affines.apply_affine(statistic.affine, (45, 0, 0))[0]
    x = grid.coordinates()[0]
    assert (reference.map[x < left] >= 2).any()
    assert reference.mask.any()
    assert reference.threshold == 2
    np.testing.assert_array_equal(reference.mask, (reference.map >= 2) & (x > left))


def test_without_small_clusters_counts_voxels_that_touch_by_faces():
    significant = np.zeros((5, 5, 5), dtype=bool)
    significant[0, 0, :3] = True
    significant[2, 2, 2] = significant[3, 3, 3] = True
    kept = without_small_clusters(significant, 2)
    assert kept.sum() == 3
    assert kept[0, 0, :3].all()
    np.testing.assert_array_equal(without_small_clusters(significant, 0), significant)
