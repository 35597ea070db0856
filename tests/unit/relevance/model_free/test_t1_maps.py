import numpy as np

from relmaps.relevance.model_free.mean_t1 import WeightedMean
from relmaps.relevance.model_free.t1_edges import EdgesOfMean


def test_mean_counts_repeated_subjects(rng):
    features = rng.normal(size=(4, 6)).astype(np.float32)
    means = WeightedMean(features)(np.array([[1, 1, 1, 1], [3, 0, 1, 0]]))
    np.testing.assert_allclose(means, [features.mean(axis=0), (3 * features[0] + features[2]) / 4], rtol=1e-5)


def test_edges_are_slopes_per_mm(grid, brain):
    """A ramp of known slope in mm along each axis has the slopes' norm as its gradient, away from the brain's rim."""
    slopes = np.array([0.02, -0.01, 0.05])
    ramp = 10 + np.tensordot(slopes, grid.coordinates(), 1)
    edges = np.zeros(grid.shape, dtype=np.float32)
    edges[brain] = EdgesOfMean(ramp[brain][None].astype(np.float32), brain, grid.voxel_mm)(np.ones((1, 1)))[0]
    inside = brain.copy()
    for axis in range(3):
        inside &= np.roll(brain, 1, axis) & np.roll(brain, -1, axis)
    assert inside.sum() > 50
    np.testing.assert_allclose(edges[inside], np.linalg.norm(slopes), rtol=1e-4)
    assert edges[brain & ~inside].mean() > 10 * np.linalg.norm(slopes)
