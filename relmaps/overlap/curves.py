"""curves.tsv: Dice and ROC of each map in the primary analysis against the fraction of voxels kept."""

import numpy as np
import pandas as pd

from relmaps.overlap.maps import ScoredMap
from relmaps.overlap.ranking import Curve
from relmaps.overlap.scoring_space import ScoringSpace, Specification

FRACTIONS = np.linspace(0, 1, 101) ** 2  # closer where few voxels are kept, where curves bend


def curve_table(maps: list[ScoredMap], scoring_space: ScoringSpace, primary: Specification) -> pd.DataFrame:
    """The rows of curves.tsv; a reference that is empty or full has none."""
    scorer = scoring_space.scorer(primary)
    tables = [
        _points(curve).assign(map=scored_map.name, reference=reference.name)
        for scored_map in maps
        for reference, curve in zip(scoring_space.references, scorer.curves(scored_map.values), strict=True)
        if curve.defined
    ]
    columns = ["map", "reference", "fraction_kept", "dice", "true_positive_rate", "false_positive_rate"]
    return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)


def _points(curve: Curve) -> pd.DataFrame:
    kept = FRACTIONS * curve.n_voxels
    hits = curve.hits_at(kept)
    return pd.DataFrame(
        {
            "fraction_kept": FRACTIONS,
            "dice": curve.dice_at(kept),
            "true_positive_rate": hits / curve.reference_voxels,
            "false_positive_rate": (kept - hits) / (curve.n_voxels - curve.reference_voxels),
        }
    )
