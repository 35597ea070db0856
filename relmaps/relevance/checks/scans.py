"""Which of a fold's held-out scans the checks look at: all of them cost too much in a large study."""

import numpy as np


def sample_rows(rows: np.ndarray, labels: np.ndarray, n: int, seed: int) -> np.ndarray:
    """At most n of the rows, as many of each class as there are, drawn at random and in their old order.

    rows : (n_rows,) of a cohort with `labels` 0 or 1.
    """
    drawn = np.random.default_rng(seed).permutation(rows)
    by_class = [drawn[labels[drawn] == label] for label in (0, 1)]
    # The first of each class, then the second of each, and so on, until one class has no more.
    turns = np.concatenate([np.arange(len(members)) for members in by_class])
    return np.sort(np.concatenate(by_class)[np.argsort(turns, kind="stable")][:n])
