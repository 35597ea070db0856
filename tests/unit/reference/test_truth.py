import numpy as np

from relmaps.reference.truth import truth_reference


def test_mask_is_half_the_99th_percentile_of_what_is_lost_in_the_brain(brain, rng):
    loss = np.zeros(brain.shape, dtype=np.float32)
    loss[2:7, 3:9, 1:5] = rng.uniform(0, 1, (5, 6, 4))
    loss[0, 0, 0] = 100  # outside the brain
    reference = truth_reference(loss, brain)
    inside = sorted(float(loss[index]) for index in zip(*np.nonzero(brain), strict=True) if loss[index] > 0)
    position = 0.99 * (len(inside) - 1)
    below, above = inside[int(position)], inside[int(position) + 1]
    percentile = below + (position - int(position)) * (above - below)
    np.testing.assert_allclose(reference.threshold, percentile / 2, rtol=1e-6)
    np.testing.assert_array_equal(reference.mask, brain & (loss >= percentile / 2))
    assert reference.kind == "ground_truth"
    assert [thresholded.label for thresholded in reference.thresholds] == ["share_0.5", "share_0.25", "share_0.75"]
    np.testing.assert_array_equal(reference.thresholds[0].mask, reference.mask)
    for thresholded, share in zip(reference.thresholds[1:], (0.25, 0.75), strict=True):
        np.testing.assert_array_equal(thresholded.mask, brain & (loss >= share * percentile))


def test_no_disease_gives_an_empty_mask_and_says_so(brain):
    reference = truth_reference(np.zeros(brain.shape, dtype=np.float32), brain)
    assert not reference.mask.any()
    assert reference.threshold is None
    assert "n/a" in reference.note
    assert len(reference.thresholds) == 3
    assert not any(thresholded.mask.any() or thresholded.threshold is not None for thresholded in reference.thresholds)
