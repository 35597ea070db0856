"""Linear support vector machine on a precomputed kernel, its weights and its activation pattern.

X : (n_subjects, n_voxels) features. All that a linear SVM needs of them is the Gram matrix X X', so that is computed
once and every fold is derived from it. Label 1 is disease, 0 control; positive decision values predict disease.
"""

import numpy as np
from sklearn.svm import SVC

from relmaps.errors import UserError

BLOCK_VOXELS = 65_536


def gram_matrix(features: np.ndarray) -> np.ndarray:
    """X X' of an array that may be memory-mapped.

    features : (n_subjects, ...) float32. Returns (n_subjects, n_subjects) float64, summed over blocks of voxels, so
    that memory does not grow with the size of an image.
    """
    flat = features.reshape(len(features), -1)
    gram = np.zeros((len(flat), len(flat)))
    for start in range(0, flat.shape[1], BLOCK_VOXELS):
        block = flat[:, start : start + BLOCK_VOXELS].astype(np.float64)
        gram += block @ block.T
    return gram


def centred_kernel(gram: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, float]:
    """Linear kernel of features that are centred and scaled by their training part only.

    gram : (n, n) X X' of all subjects. train : (n_train,) indices of the training subjects.
    Returns the kernel (n, n) of (X - m) / sqrt(s), and s: m is the mean of the training subjects, and s makes the mean
    of the training kernel's diagonal 1. With the dual coefficients a of a fit, w = (X_train - m)' a / s are the weights
    per unit of the raw features.
    """
    row_means = gram[:, train].mean(axis=1)
    kernel = gram - row_means[:, None] - row_means[None, :] + row_means[train].mean()
    scale = float(np.diagonal(kernel)[train].mean())
    if not scale > 1e-12 * np.diagonal(gram)[train].mean():
        raise UserError("classify.svm.feature: all training images are the same; check the array of this feature")
    return kernel / scale, scale


def fit_linear_svm(
    kernel: np.ndarray, labels: np.ndarray, c: float, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Fit on a precomputed linear kernel: decision values are kernel_of(new, train) @ dual + intercept.

    kernel : (n, n) of the training subjects. labels : (n,) 0 or 1, both present. c : penalty, multiplied for each
    subject by its sample_weight (n,) >= 0; a weight of 2 is the same as the subject twice, 0 leaves it out.
    Returns dual (n,) = y_i alpha_i with y in {-1, 1}, and the intercept. The weight map is X' dual.
    """
    used = np.arange(len(labels)) if sample_weight is None else np.flatnonzero(sample_weight)
    weight = None if sample_weight is None else sample_weight[used]
    machine = SVC(kernel="precomputed", C=c).fit(kernel[np.ix_(used, used)], labels[used], sample_weight=weight)
    dual = np.zeros(len(labels))
    dual[used[machine.support_]] = machine.dual_coef_[0]
    return dual, float(machine.intercept_[0])


def haufe_coefficients(scores: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """(n,) coefficients a with which the activation pattern of a linear model is X' a, in O(n).

    The pattern, cov(X) w / var(X w) (Haufe et al. 2014, NeuroImage 87:96, Eq. 7), is the change of each feature that
    goes with a change of the model's output by 1, in units of X.

    scores : (n,) the model's output X w for the subjects that define the covariance. They sum to zero, so that X need
    not be centred.
    """
    weight = np.ones(len(scores)) if sample_weight is None else sample_weight
    centred = scores - np.average(scores, weights=weight)
    return weight * centred / np.sum(weight * centred**2)
