import numpy as np

from relmaps.relevance.checks.scans import sample_rows

LABELS = np.repeat([0, 1], 10)


def test_classes_are_alike_as_long_as_there_are_scans():
    rows = np.array([1, 2, 3, 4, 5, 6, 12, 15, 17])
    for n, of_disease in {1: 0, 2: 1, 4: 2, 5: 2, 6: 3, 8: 3}.items():
        some = sample_rows(rows, LABELS, n, 0)
        assert len(some) == n
        assert LABELS[some].sum() == of_disease
        assert set(some) <= set(rows)
        assert (np.diff(some) > 0).all()


def test_all_are_taken_if_there_are_no_more():
    rows = np.array([3, 7, 11])
    np.testing.assert_array_equal(sample_rows(rows, LABELS, 16, 0), rows)


def test_the_seed_decides_who_is_drawn():
    rows = np.arange(20)
    draws = {tuple(sample_rows(rows, LABELS, 4, seed)) for seed in range(5)}
    assert len(draws) > 1
    np.testing.assert_array_equal(sample_rows(rows, LABELS, 4, 3), sample_rows(rows, LABELS, 4, 3))
