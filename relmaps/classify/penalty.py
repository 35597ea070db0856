"""The penalty of a linear classifier, chosen inside its training part."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold

from relmaps.classify.linear import centred_kernel, fit_linear

INNER_FOLDS = 5


@dataclass(frozen=True, eq=False)
class ChosenC:
    """c : the penalty chosen. table : columns c and balanced_accuracy, mean over inner folds, in the grid's order.
    scores : (n_train,) out-of-fold decision values at c, in the order of `train`. NaN where there are no inner folds.
    """

    c: float
    table: pd.DataFrame
    scores: np.ndarray

    @property
    def balanced_accuracy(self) -> float:
        """That of c."""
        return float(self.table.set_index("c").loc[self.c, "balanced_accuracy"])


def choose_c(
    model: str, gram: np.ndarray, labels: np.ndarray, train: np.ndarray, grid: list[float], seed: int
) -> ChosenC:
    """The C of `grid` with the highest balanced accuracy in a stratified cross-validation within the training part.

    gram : (n, n) of all subjects, of which only rows and columns `train` are used; every inner training part centres
    and scales its own kernel. labels : (n,) 0 or 1. Fewer inner folds where a class of `train` has fewer subjects.
    Ties go to the smallest C, the strongest penalty; so does a class of one subject, which leaves nothing to compare.
    """
    gram, labels = gram[np.ix_(train, train)], labels[train]
    grid = list(dict.fromkeys(float(c) for c in grid))
    folds = min(INNER_FOLDS, np.bincount(labels, minlength=2).min())
    accuracy, scores = np.full((len(grid), max(folds, 1)), np.nan), np.full((len(grid), len(labels)), np.nan)
    if folds >= 2:
        inner = StratifiedKFold(folds, shuffle=True, random_state=seed)
        for fold, (rest, held_out) in enumerate(inner.split(labels, labels)):
            kernel, _ = centred_kernel(gram, rest)
            for row, c in enumerate(grid):
                dual, intercept = fit_linear(model, kernel[np.ix_(rest, rest)], labels[rest], c)
                scores[row, held_out] = kernel[np.ix_(held_out, rest)] @ dual + intercept
                accuracy[row, fold] = balanced_accuracy_score(labels[held_out], scores[row, held_out] > 0)
    means = accuracy.mean(axis=1).round(12)  # equal but for the order of summing is a tie
    best = min(range(len(grid)), key=lambda row: (-np.nan_to_num(means[row]), grid[row]))
    return ChosenC(grid[best], pd.DataFrame({"c": grid, "balanced_accuracy": means}), scores[best])
