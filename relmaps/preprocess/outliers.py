"""Which measures of a scan lie far from the cohort's: a flag asks for a look and excludes nobody."""

import numpy as np
import pandas as pd
from scipy.stats import median_abs_deviation

MEASURES = (
    "similarity",
    "brain_dice",
    "gm_dice",
    "gm_ml",
    "wm_ml",
    "csf_ml",
    "tiv_ml",
    "wm_cv",
    "noise",
    "jacobian_min",
    "jacobian_max",
)
FEWEST_SCANS = 8
# Whatever the cohort's median: lowest and highest value without a flag.
LIMITS = {"brain_agreement": (0.9, None), "cut_share": (None, 0.01)}


def flag_outliers(qc: pd.DataFrame, outlier_z: float) -> pd.Series:
    """The column `flags` of qc.tsv, such as "gm_dice low; noise high"; None for a scan without any, or that failed.

    outlier_z : a measure is flagged if |x - median| is more than this times 1.4826 x the median absolute deviation
    (Leys et al. 2013, J Exp Soc Psychol 49:764), both over the scans that are ok and have the measure. Measures in
    LIMITS are flagged outside their limits.
    """
    ok = qc["status"] == "ok"
    flags: dict[object, list[str]] = {index: [] for index in qc.index}
    for measure, (low, high) in LIMITS.items():
        values = qc.loc[ok, measure].dropna().astype(float)
        for index, value in values.items():
            if low is not None and value < low:
                flags[index].append(f"{measure} low")
            if high is not None and value > high:
                flags[index].append(f"{measure} high")
    for measure in MEASURES:
        values = qc.loc[ok, measure].dropna().astype(float)
        spread = median_abs_deviation(values, scale="normal")
        # Of a few scans the median absolute deviation is itself too uncertain; it is 0 where half of the scans or more
        # share a value, and then any other value, however near, would lie infinitely far.
        if len(values) < FEWEST_SCANS or spread == 0:
            continue
        z = (values - np.median(values)) / spread
        for index, value in z[z.abs() > outlier_z].items():
            flags[index].append(f"{measure} {'high' if value > 0 else 'low'}")
    return pd.Series({index: "; ".join(found) or None for index, found in flags.items()}, dtype=object)
