"""Maps of the linear classifiers, averaged over folds and turned to tissue loss, as functions of who was drawn.

Weights and Haufe's pattern are both X' a, with a found without touching X: from the Gram matrix where the model is
refitted, from decision values where a finished model is applied. So one product with the features gives the mean over
folds, for many draws of subjects at once.
"""

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.classify.linear import centred_kernel, fit_linear, haufe_coefficients
from relmaps.classify.predictions import chosen_networks
from relmaps.classify.roles import rows_outside_test
from relmaps.io.errors import UserError
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table


class _FoldMean(ABC):
    """The mean over `n_folds` folds of -X' a, as a function of subject multiplicities.

    features : (n_subjects, n_voxels) float32.
    """

    def __init__(self, features: np.ndarray, n_folds: int):
        self.features, self.n_folds = features, n_folds

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) whole numbers -> (n_bootstrap, n_voxels) float32."""
        folds = range(self.n_folds)
        means = [np.mean([self._coefficients(fold, draw) for fold in folds], axis=0) for draw in weights]
        return self._project(np.array(means))

    def of_fold(self, fold: int) -> np.ndarray:
        """(n_voxels,) float32: the map of one fold, counted from 0."""
        return self._project(self._coefficients(fold, np.ones(len(self.features)))[None])[0]

    def _project(self, coefficients: np.ndarray) -> np.ndarray:
        return -(coefficients.astype(np.float32) @ self.features)

    @abstractmethod
    def _coefficients(self, fold: int, weights: np.ndarray) -> np.ndarray:
        """(n_subjects,) a, so that the fold's map before negation is X' a. It sums to zero: X need not be centred."""


class LinearMap(_FoldMean):
    """The negated weights or activation pattern of a model that is refitted on each fold's subjects.

    features : (n_subjects, n_voxels) float32. gram : (n_subjects, n_subjects) of them (relmaps.classify.gram). labels :
    (n_subjects,) 0 or 1. trains : per fold, indices of the subjects outside its test part. cs : per fold, the penalty
    in units of the kernel's mean diagonal. estimator : "svm" or "logistic". kind : "weights" or "pattern".
    """

    def __init__(
        self,
        features: np.ndarray,
        gram: np.ndarray,
        labels: np.ndarray,
        trains: list[np.ndarray],
        cs: list[float],
        estimator: str,
        kind: str,
    ):
        super().__init__(features, len(trains))
        self.gram, self.labels, self.trains, self.cs = gram, np.asarray(labels), trains, cs
        self.estimator, self.kind = estimator, kind

    def _coefficients(self, fold: int, weights: np.ndarray) -> np.ndarray:
        rows = self.trains[fold][weights[self.trains[fold]] > 0]
        counts = weights[rows].astype(int)
        kernel, scale = centred_kernel(self.gram, np.repeat(rows, counts))
        kernel = kernel[np.ix_(rows, rows)]
        dual, _ = fit_linear(self.estimator, kernel, self.labels[rows], self.cs[fold], counts)
        coefficients = np.zeros(len(self.labels))
        if self.kind == "pattern":
            coefficients[rows] = haufe_coefficients(kernel @ dual, counts)
        else:  # (X - m)' dual, where the mean m of those drawn is X' counts / sum(counts)
            coefficients[rows] = (dual - counts * dual.sum() / counts.sum()) / scale
        return coefficients


class HeldOutPattern(_FoldMean):
    """The negated activation pattern of finished models on subjects they were not trained on; only those vary.

    features : (n_subjects, n_voxels) float32. scores : (n_folds, n_subjects) output of each fold's model, NaN for
    subjects that the fold does not test. per_sd : the pattern of the output divided by its standard deviation over the
    fold's subjects, for models whose outputs differ in scale from fold to fold.
    """

    def __init__(self, features: np.ndarray, scores: np.ndarray, per_sd: bool = False):
        super().__init__(features, len(scores))
        self.scores, self.per_sd = scores, per_sd

    def _coefficients(self, fold: int, weights: np.ndarray) -> np.ndarray:
        tested = np.isfinite(self.scores[fold])
        scores, drawn = self.scores[fold, tested], weights[tested]
        coefficients = np.zeros(len(weights))
        coefficients[tested] = haufe_coefficients(scores, drawn)
        if self.per_sd:
            coefficients *= np.sqrt(np.average((scores - np.average(scores, weights=drawn)) ** 2, weights=drawn))
        return coefficients


def read_folds(
    splits: str | Path, linear_folds: str | Path, subjects: pd.DataFrame
) -> tuple[list[np.ndarray], list[float]]:
    """Per fold, in the order of the folds: rows of `subjects` outside the test part, and the C chosen within them."""
    roles = read_table(splits, ("fold", "participant_id", "role"))
    penalties = read_table(linear_folds, ("fold", "c")).set_index("fold")["c"]
    trains = rows_outside_test(roles, subjects)
    if set(trains) != set(penalties.index):
        raise UserError(f"{linear_folds}: its folds are not those of {splits}; delete it and rerun the classify stage")
    return list(trains.values()), penalties[list(trains)].tolist()


def read_gram(path: str | Path, n_subjects: int) -> np.ndarray:
    """(n_subjects, n_subjects) Gram matrix of the array behind the map."""
    gram = open_array(path)
    if gram.shape != (n_subjects, n_subjects):
        raise UserError(f"{path}: shape {gram.shape} does not fit {n_subjects} subjects; delete it and rerun")
    return gram


def read_held_out_scores(
    predictions: str | Path, selection: str | Path, participants: pd.Series
) -> tuple[np.ndarray, list[str]]:
    """(n_folds, n_subjects) logit differences of each fold's chosen network, mean over its seeds, and these networks.

    NaN for participants that the fold does not test. predictions : predictions.tsv. selection : selection.tsv.
    """
    table = read_table(predictions, ("model", "fold", "participant_id", "role", "score"))
    means = table[table["role"] == "test"].groupby(["fold", "model", "participant_id"])["score"].mean()
    chosen = chosen_networks(read_table(selection))
    for fold, model in chosen:
        if (fold, model) not in means.index:
            raise UserError(f"{predictions}: no held-out predictions of {model} in fold {fold}; delete it and rerun")
    scores = [means.loc[fold, model].reindex(participants).to_numpy() for fold, model in chosen]
    return np.array(scores), [model for _, model in chosen]


def read_scores(path: str | Path, model: str, participants: pd.Series) -> np.ndarray:
    """(n_folds, n_subjects) decision values of each fold's `model` on all participants."""
    table = read_table(path, ("model", "fold", "participant_id", "score"))
    table = table[table["model"] == model].pivot(index="fold", columns="participant_id", values="score")
    scores = table.reindex(columns=participants).to_numpy()
    if not len(scores) or np.isnan(scores).any():
        raise UserError(f"{path}: {model} has no scores of some participants of this study; delete it and rerun")
    return scores


def read_fold_scores(path: str | Path, model: str, fold: str, participants: pd.Series) -> np.ndarray:
    """(n,) decision values of one fold's linear `model` on participants that it was not trained on."""
    table = read_table(path, ("model", "fold", "participant_id", "score"))
    of_fold = table[(table["model"] == model) & (table["fold"] == fold)].set_index("participant_id")["score"]
    scores = of_fold.reindex(participants).to_numpy()
    if np.isnan(scores).any():
        raise UserError(f"{path}: {model} has no scores of some participants of fold {fold}; delete it and rerun")
    return scores
