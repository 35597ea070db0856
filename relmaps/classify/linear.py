"""Linear classifiers from a Gram matrix alone: support vector machine and logistic regression, and their activation
pattern.

X : (n_subjects, n_voxels) features. All that these models need of them is the Gram matrix (relmaps.classify.gram), so
that is computed once and every fit is derived from it. Label 1 is disease, 0 control; positive decision values predict
disease. ESTIMATORS names the models.
"""

import numpy as np

ESTIMATORS = ("svm", "logistic")
# Directions of the kernel with less than this share of the largest eigenvalue hold rounding errors.
SMALLEST_EIGENVALUE = 1e-10


def centred_kernel(gram: np.ndarray, train: np.ndarray) -> tuple[np.ndarray, float]:
    """Linear kernel of features that are centred and scaled by their training part only.

    gram : (n, n) X X' of all subjects, whatever all of them are shifted by. train : (n_train,) indices of the training
    subjects. Returns the kernel (n, n) of (X - m) / sqrt(s), and s: m is the mean of the training subjects, and s makes
    the mean of the training kernel's diagonal 1. With the dual coefficients a of a fit, w = (X_train - m)' a / s are
    the weights per unit of the raw features. Where all training subjects are the same to the digits of the Gram matrix
    (a confound model's outline on a coarse grid), nothing can be learnt: the kernel is 0, and s is 1.
    """
    row_means = gram[:, train].mean(axis=1)
    kernel = gram - row_means[:, None] - row_means[None, :] + row_means[train].mean()
    scale = float(np.diagonal(kernel)[train].mean())
    if not scale > 1e-6 * np.diagonal(gram)[train].mean():  # the Gram matrix is not more exact than that
        return np.zeros_like(kernel), 1.0
    return kernel / scale, scale


def fit_linear(
    model: str, kernel: np.ndarray, labels: np.ndarray, c: float, sample_weight: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Fit on a precomputed linear kernel: decision values are kernel_of(new, train) @ dual + intercept.

    model : "svm" (hinge loss) or "logistic" (logistic loss, decision values are logits), both with the penalty
    |w|^2 / 2 and an intercept that is not penalised. kernel : (n, n) of the training subjects. labels : (n,) 0 or 1,
    both present. c : factor of the loss, multiplied for each subject by its sample_weight (n,) >= 0; a weight of 2 is
    the same as the subject twice, 0 leaves it out.
    Returns dual (n,) and the intercept. The weight map is X' dual, with X centred as it is in the kernel.
    """
    used = np.arange(len(labels)) if sample_weight is None else np.flatnonzero(sample_weight)
    weight = None if sample_weight is None else sample_weight[used]
    fit = {"svm": _fit_svm, "logistic": _fit_logistic}[model]
    dual = np.zeros(len(labels))
    dual[used], intercept = fit(kernel[np.ix_(used, used)], labels[used], c, weight)
    return dual, intercept


def _fit_svm(kernel: np.ndarray, labels: np.ndarray, c: float, weight: np.ndarray | None) -> tuple[np.ndarray, float]:
    from sklearn.svm import SVC  # not above: every job of a group map imports this module, and few of them fit

    # scikit-learn's own tolerance of 1e-3 leaves differences of its size between a fit and one with repeated rows.
    machine = SVC(kernel="precomputed", C=c, tol=1e-5).fit(kernel, labels, sample_weight=weight)
    dual = np.zeros(len(labels))
    dual[machine.support_] = machine.dual_coef_[0]
    return dual, float(machine.intercept_[0])


def _fit_logistic(
    kernel: np.ndarray, labels: np.ndarray, c: float, weight: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """Exact: the optimal w lies in the span of the images, where U sqrt(eigenvalues) are the subjects' coordinates."""
    from sklearn.linear_model import LogisticRegression  # not above, as in _fit_svm

    values, vectors = np.linalg.eigh(kernel)
    kept = values > SMALLEST_EIGENVALUE * values[-1]
    if not kept.any():
        prevalence = np.average(labels, weights=weight)
        return np.zeros(len(labels)), float(np.log(prevalence / (1 - prevalence)))
    roots, vectors = np.sqrt(values[kept]), vectors[:, kept]
    regression = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-8, max_iter=1000)
    regression.fit(vectors * roots, labels, sample_weight=weight)
    return vectors @ (regression.coef_[0] / roots), float(regression.intercept_[0])


def haufe_coefficients(scores: np.ndarray, sample_weight: np.ndarray | None = None) -> np.ndarray:
    """(n,) coefficients a with which the activation pattern of a linear model is X' a, in O(n).

    The pattern, cov(X) w / var(X w) (Haufe et al. 2014, NeuroImage 87:96, Eq. 7), is the change of each feature that
    goes with a change of the model's output by 1, in units of X.

    scores : (n,) the model's output X w for the subjects that define the covariance. They sum to zero, so that X need
    not be centred. Where the output is the same for all of them, nothing goes with it: zeros.
    """
    weight = np.ones(len(scores)) if sample_weight is None else sample_weight
    if np.ptp(scores[weight > 0]) == 0:
        return np.zeros(len(scores))
    centred = scores - np.average(scores, weights=weight)
    return weight * centred / np.sum(weight * centred**2)
