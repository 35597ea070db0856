import nibabel as nib
import numpy as np
import pytest
from scipy import ndimage

from relmaps.reference.ale import Correction, brain_mask, estimate_ale
from relmaps.reference.sleuth import Experiment
from tests.unit.reference.conftest import CENTRE

pytestmark = pytest.mark.slow

FWE = {"iterations": 20, "seed": 1}  # the fewest that can see an alpha of .05


@pytest.fixture(scope="module")
def by_cluster(literature):
    return estimate_ale(literature, Correction(method="cluster_fwe", **FWE))


def at(image, focus):
    voxel = np.rint(nib.affines.apply_affine(np.linalg.inv(image.affine), focus)).astype(int)
    return image.get_fdata()[tuple(voxel)]


def test_agreeing_experiments_add_as_probabilities():
    """Turkeltaub et al. 2002: ALE = 1 - product of (1 - modelled activation)."""
    one = Experiment("one", 20, "MNI", CENTRE[None])
    alone, both = (estimate_ale([one] * n, Correction()).statistic for n in (1, 2))
    assert at(alone, CENTRE) == alone.get_fdata().max() > 0
    np.testing.assert_allclose(both.get_fdata(), 1 - (1 - alone.get_fdata()) ** 2, atol=1e-6)


def test_larger_samples_have_narrower_foci():
    sizes = {n: estimate_ale([Experiment("one", n, "MNI", CENTRE[None])], Correction()).statistic for n in (10, 40)}
    beside = CENTRE + np.array([12, 0, 0])
    assert at(sizes[40], CENTRE) > at(sizes[10], CENTRE)
    assert at(sizes[40], beside) < at(sizes[10], beside)


def test_the_primary_analysis_comes_first_and_the_multiverse_is_nested(by_fdr):
    assert list(by_fdr.significant) == ["fdr_0.05", "fdr_0.01", "p_0.001"]
    masks = {name: mask for name, (mask, _) in by_fdr.significant.items()}
    assert 0 < masks["fdr_0.01"].sum() < masks["fdr_0.05"].sum()
    assert not (masks["fdr_0.01"] & ~masks["fdr_0.05"]).any()
    values = by_fdr.statistic.get_fdata()
    for mask in masks.values():
        assert values[mask].min() > values[~mask].max()


def test_significant_voxels_lie_in_the_brain(by_fdr):
    brain = brain_mask()
    assert by_fdr.statistic.shape == brain.shape
    assert not any((mask & (brain.get_fdata() == 0)).any() for mask, _ in by_fdr.significant.values())


def test_talairach_foci_are_moved(literature, by_fdr):
    moved = estimate_ale([Experiment(e.name, e.subjects, "TAL", e.foci) for e in literature], Correction())
    there, here = (
        nib.affines.apply_affine(ale.statistic.affine, np.argwhere(ale.significant["fdr_0.01"][0])).mean(axis=0)
        for ale in (moved, by_fdr)
    )
    # Talairach brains are smaller: the place lies farther out and lower in MNI space
    assert there[0] > here[0]
    assert there[2] < here[2]


def test_clusters_survive_whole_where_foci_agree(by_cluster):
    assert list(by_cluster.significant) == ["cluster_fwe_0.05", "voxel_fwe_0.05", "fdr_0.05", "fdr_0.01", "p_0.001"]
    clusters, formed = by_cluster.significant["cluster_fwe_0.05"][0], by_cluster.significant["p_0.001"][0]
    labels, n_formed = ndimage.label(formed)
    survived = set(np.unique(labels[clusters])) - {0}
    assert 0 < len(survived) < n_formed
    inside = labels[clusters & formed]
    assert all((inside == label).sum() == (labels == label).sum() for label in survived)
    largest = np.argmax(np.bincount(labels.ravel())[1:]) + 1
    assert largest in survived
    assert at(nib.Nifti1Image(clusters.astype(float), by_cluster.statistic.affine), CENTRE)


def test_voxels_survive_that_exceed_most_maxima_of_random_foci(by_cluster):
    mask, _ = by_cluster.significant["voxel_fwe_0.05"]
    values = by_cluster.statistic.get_fdata()
    assert mask.any()
    assert values[mask].min() > values[~mask].max()
    assert not (mask & ~by_cluster.significant["p_0.001"][0]).any()


def test_the_null_is_that_of_its_seed_whatever_the_cores(literature, by_cluster):
    again, other = (
        estimate_ale(literature, Correction(method="voxel_fwe", iterations=20, seed=seed, cores=cores))
        for seed, cores in ((1, 2), (2, 1))
    )
    name = "voxel_fwe_0.05"
    assert next(iter(again.significant)) == name
    np.testing.assert_array_equal(again.significant[name][0], by_cluster.significant[name][0])
    assert (other.significant[name][0] != by_cluster.significant[name][0]).any()


def test_foci_anywhere_in_the_brain_make_no_cluster():
    brain = brain_mask()
    voxels = np.argwhere(brain.get_fdata() > 0)
    places = nib.affines.apply_affine(brain.affine, voxels[np.random.default_rng(0).choice(len(voxels), (20, 4))])
    ale = estimate_ale([Experiment("", 20, "MNI", foci) for foci in places], Correction(method="cluster_fwe", **FWE))
    survivors = {name: int(mask.sum()) for name, (mask, _) in ale.significant.items()}
    assert survivors.pop("p_0.001") > 0
    assert set(survivors.values()) == {0}
