"""Voxel-based morphometry: the t statistic of disease in a linear model of each voxel, turned to tissue loss."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.covariates import known_covariates
from relmaps.relevance.model_free.study import Combine, Study

log = logging.getLogger("relmaps")

MINIMUM_DF = 3
BLOCK_VALUES = 2**24
# A fit that leaves less than this share of a voxel's variance has nothing to estimate an error from (float32 sums).
SMALLEST_RESIDUAL = 1e-5


def open_map(study: Study) -> Combine:
    return VbmT(study.features(), make_design(study.subjects))


def make_design(subjects: pd.DataFrame) -> np.ndarray:
    """(n_subjects, p): intercept, disease, and the covariates of `known_covariates`, centred.

    The mean of the others stands for a subject that lacks a covariate. All covariates are dropped, and that is logged,
    where they would leave fewer than MINIMUM_DF residual degrees of freedom.
    """
    columns = [np.ones(len(subjects)), subjects["label"].to_numpy(dtype=float)]
    for values in known_covariates(subjects).values():
        filled = np.where(np.isnan(values), np.nanmean(values), values)
        columns.append((filled - filled.mean()) / filled.std(ddof=1))
    df = len(subjects) - len(columns)
    if df < MINIMUM_DF and len(columns) > 2:
        log.info("vbm: all covariates are dropped, they would leave %d residual degrees of freedom", df)
        columns = columns[:2]
    return np.column_stack(columns)


class VbmT:
    """The negated t statistic of disease, as a function of subject multiplicities.

    A multiplicity counts like that many rows of the same subject: ordinary least squares on the repeated rows.

    features : (n_subjects, n_voxels) float32. design : (n_subjects, p), disease in column 1.
    Where no residual variance is left (a constant voxel, a draw of too few different subjects) t is 0.
    """

    def __init__(self, features: np.ndarray, design: np.ndarray):
        self.features, self.design = features, design
        self.fit = np.linalg.pinv(design)

    def __call__(self, weights: np.ndarray) -> np.ndarray:
        """(n_bootstrap, n_subjects) -> (n_bootstrap, n_voxels) float32."""
        weighted = np.einsum("dn,np->dpn", weights, self.design)
        inverse = np.linalg.pinv(weighted @ self.design, hermitian=True)
        freedom = np.maximum(weights.sum(axis=1) - np.linalg.matrix_rank(inverse, hermitian=True), 1)
        variance = inverse[:, 1, 1] / freedom
        t = np.empty((len(weights), self.features.shape[1]), dtype=np.float32)
        size = max(1, BLOCK_VALUES // (weighted.shape[0] * weighted.shape[1]))
        for start in range(0, t.shape[1], size):
            voxels = slice(start, start + size)
            disease, y = self._residuals(self.features[:, voxels])
            products = weighted.astype(np.float32) @ y
            beta = inverse.astype(np.float32) @ products
            total = weights.astype(np.float32) @ y**2
            rest = total - np.sum(products * beta, axis=1)
            usable = rest > SMALLEST_RESIDUAL * total
            error = np.sqrt(np.where(usable, rest, 1) * variance[:, None])
            t[:, voxels] = np.where(usable, (disease + beta[:, 1]) / error, 0)
        return -t

    def _residuals(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Coefficient of disease in the whole cohort (v,), and residuals of its model (n_subjects, v) float32.

        A draw's t is that of these residuals with the coefficient added back: what is left to sum are small numbers,
        which keep their digits in float32. Residuals that are rounding errors are set to zero.
        """
        features = features.astype(np.float64)
        beta = self.fit @ features
        residuals = features - self.design @ beta
        residuals[:, np.sum(residuals**2, axis=0) < 1e-12 * np.sum(features**2, axis=0)] = 0
        return beta[1], residuals.astype(np.float32)
