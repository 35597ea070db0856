"""Maps of the linear SVM: refitted on each fold's non-test subjects, averaged over folds, turned to tissue loss.

Weights and Haufe's pattern are both X' a, with a found from the Gram matrix alone. So one product with the features
gives the mean over folds, for many draws of subjects at once.
"""

import numpy as np

from relmaps.classify.svm import centred_kernel, fit_linear_svm, gram_matrix, haufe_coefficients


class SvmMap:
    """The negated weight map or activation pattern, as a function of subject multiplicities.

    features : (n_subjects, n_voxels) float32. labels : (n_subjects,) 0 or 1. trains : per fold, indices of the subjects
    outside its test part. c : penalty in units of the kernel's mean diagonal. kind : "weights" or "pattern".
    """

    def __init__(self, features: np.ndarray, labels: np.ndarray, trains: list[np.ndarray], c: float, kind: str):
        self.features, self.gram = features, gram_matrix(features)
        self.labels, self.trains, self.c, self.kind = np.asarray(labels), trains, c, kind

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_draws, n_subjects) whole numbers -> (n_draws, n_voxels) float32."""
        folds = range(len(self.trains))
        coefficients = [sum(self._coefficients(fold, draw) for fold in folds) / len(folds) for draw in weights]
        return self._project(np.array(coefficients))

    def of_fold(self, fold: int) -> np.ndarray:
        """(n_voxels,) float32: the map of one fold, counted from 0."""
        return self._project(self._coefficients(fold, np.ones(len(self.labels)))[None])[0]

    def _coefficients(self, fold: int, weights: np.ndarray) -> np.ndarray:
        """(n_subjects,) a, so that the fold's map before negation is X' a."""
        rows = self.trains[fold][weights[self.trains[fold]] > 0]
        counts = weights[rows].astype(int)
        kernel, scale = centred_kernel(self.gram, np.repeat(rows, counts))
        kernel = kernel[np.ix_(rows, rows)]
        dual, _ = fit_linear_svm(kernel, self.labels[rows], self.c, counts)
        coefficients = np.zeros(len(self.labels))
        coefficients[rows] = dual / scale if self.kind == "weights" else haufe_coefficients(kernel @ dual, counts)
        return coefficients

    def _project(self, coefficients: np.ndarray) -> np.ndarray:
        return -(coefficients.astype(np.float32) @ self.features)
