"""regions.tsv: how much of each map and of each reference lies in each region of an atlas."""

import numpy as np
import pandas as pd

from relmaps.overlap.ranking import rank
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.space.atlas import Atlas


def region_table(
    maps: dict[str, np.ndarray], scoring_space: ScoringSpace, primary: Specification, atlas: Atlas
) -> pd.DataFrame:
    """One row per map, reference and region, those voxels that lie in no region included: shares add up to 1.

    maps : name -> (n_voxels,). All is counted among the voxels thin the primary analysis scores, after its transform.
    share_of_relevance : of the sum of absolute values; share_expected : of the voxels, what a map gets that is the same
    everywhere. dice : of the reference and as many of the map's highest voxels as the whole reference has, both cut to
    the region; NaN where neither has a voxel there, or the reference is empty or full.
    """
    scorer = scoring_space.scorer(primary)
    region, n_regions = atlas.numbers[scoring_space.brain][scorer.scored], len(atlas.names)

    def by_region(values: np.ndarray) -> np.ndarray:
        """(n_regions,) sums."""
        return np.bincount(region, values, n_regions)

    n_voxels = np.bincount(region, minlength=n_regions)
    tables = []
    for name, values in maps.items():
        transformed = scorer.map_transform(values)[scorer.scored]
        relevance, ranking = by_region(np.abs(transformed)), rank(transformed)
        for reference, target in zip(scoring_space.references, scorer.targets, strict=True):
            inside = by_region(target.inside)
            kept = ranking.first(target.size) if target.defined else np.full(len(transformed), np.nan)
            tables.append(
                pd.DataFrame(
                    {
                        "map": name,
                        "reference": reference.name,
                        "region": atlas.names,
                        "n_voxels": n_voxels,
                        "share_of_relevance": _shares(relevance),
                        "share_expected": _shares(n_voxels),
                        "share_of_reference": _shares(inside),
                        "dice": _dice(by_region(kept * target.inside), by_region(kept), inside),
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def _shares(sums: np.ndarray) -> np.ndarray:
    """NaN where there is nothing to share."""
    return sums / (sums.sum() or np.nan)


def _dice(both: np.ndarray, kept: np.ndarray, inside: np.ndarray) -> np.ndarray:
    either = kept + inside
    return 2 * both / np.where(either > 0, either, np.nan)
