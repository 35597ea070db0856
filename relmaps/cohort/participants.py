"""Who is in the simulated cohort. Kept apart from the simulator so that planning imports nothing heavy."""

import numpy as np
import pandas as pd

MEAN_AGE = 75.0  # years
AGE_SD = 6.0


def participant_ids(n_scans: int) -> list[str]:
    return [f"sub-{number:03d}" for number in range(1, n_scans + 1)]


def sample_participants(n_scans: int, severity: float, severity_spread: float, seed: int) -> pd.DataFrame:
    """One row per participant: participant_id, age (years), sex (f, m), diagnosis (AD, CN), severity_left and _right.

    Half have the disease, in random order, so that neither identifiers nor file order tell the group. Age and sex are
    independent of the group: in this cohort nothing but atrophy separates them. Severity is lognormal with median
    `severity` and log standard deviation `severity_spread`, independent between sides, and 0 in controls.
    """
    rng = np.random.default_rng([seed, 0])
    disease = rng.permutation(np.arange(n_scans) < n_scans // 2)
    left, right = sample_severity(disease, severity, severity_spread, rng)
    return pd.DataFrame(
        {
            "participant_id": participant_ids(n_scans),
            "age": np.clip(rng.normal(MEAN_AGE, AGE_SD, n_scans), 55, 95).round(1),
            "sex": np.where(rng.random(n_scans) < 0.5, "f", "m"),
            "diagnosis": np.where(disease, "AD", "CN"),
            "severity_left": left,
            "severity_right": right,
        }
    )


def sample_severity(disease: np.ndarray, severity: float, severity_spread: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Strength of the disease on the left and on the right, (n,) each: lognormal around `severity`, 0 without disease.

    disease : (n,) bool.
    """
    drawn = severity * np.exp(severity_spread * rng.standard_normal((2, len(disease))))
    left, right = np.where(disease, drawn, 0).round(4)
    return left, right
