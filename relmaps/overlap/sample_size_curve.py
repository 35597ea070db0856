"""sample_size_curve/<map>.tsv: overlap against the size of the cohort and the severity of the disease.

No network is trained: a group map is made again from some of the subjects (relmaps.relevance.group). Linear models and
VBM are fitted anew, with the penalty and the covariates of the whole cohort; heatmaps are averaged anew over fewer
held-out scans, which were explained by networks that were trained on all: their gain with size is that of
averaging, conditional on the networks, and not that of more training scans.
"""

import logging

import numpy as np
import pandas as pd

from relmaps.io.jobs import progress
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.resampling import tested_in
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.relevance.group import GroupMap

log = logging.getLogger("relmaps")

METRIC_NAMES = ("roc_auc", "dice")
THIRDS = 3
COLUMNS = ["map", "by", "level", "n_disease", "n_control", "replicate", "reference", "metric", "value"]


def sample_size_table(
    group_map: GroupMap,
    levels: list[tuple[str, float, np.ndarray]],
    labels: np.ndarray,
    scoring_space: ScoringSpace,
    primary: Specification,
) -> pd.DataFrame:
    """Primary scores of the map of each subset of subjects; no rows for a map that does not depend on them.

    levels : (by, level, weights (n_replicates, n_subjects) of 0 and 1), of size_levels and severity_levels. labels :
    (n_subjects,). The same levels for all maps make them paired by replicate.
    """
    if not group_map.subject_based:
        log.info("%s: skipped, the map does not depend on participants", group_map.name)
        return pd.DataFrame(columns=COLUMNS)
    scorer = scoring_space.scorer(primary, [METRICS[name] for name in METRIC_NAMES])
    rows = []
    for by, level, weights in progress(levels, "level"):
        for replicate, (members, values) in enumerate(zip(weights, group_map(weights), strict=True), 1):
            drawn = {"n_disease": int(members @ (labels == 1)), "n_control": int(members @ (labels == 0))}
            rows += [
                {"map": group_map.name, "by": by, "level": level}
                | drawn
                | {"replicate": replicate, "reference": reference.name, "metric": metric, "value": value}
                for reference, scores in zip(scoring_space.references, scorer(values), strict=True)
                for metric, value in zip(METRIC_NAMES, scores, strict=True)
            ]
    return pd.DataFrame(rows, columns=COLUMNS)


def size_levels(
    participants: pd.Series, splits: pd.DataFrame, fractions: list[float], n_replicates: int, seed: int
) -> list[tuple[str, float, np.ndarray]]:
    """Subsets of the cohort that keep each test fold's share of each class, by rising number of subjects.

    participants : identifiers in the order of subjects.tsv. splits : classify/splits.tsv. fractions : in (0, 1]; where
    one leaves a fold without subjects of a class, it keeps one of them, which is the smallest subset that there is. Of
    the whole cohort there is one replicate. Within a replicate, each subset holds the smaller ones, as a cohort grows.
    """
    cells = tested_in(participants, splits)
    sizes = cells.groupby(["fold", "label"])["label"].transform("size").to_numpy()
    places = _places([cells["fold"], cells["label"]], n_replicates, np.random.default_rng(seed))
    levels = {}
    for fraction in sorted(fractions):
        weights = (places < np.maximum(1, np.rint(fraction * sizes))).astype(int)
        levels[int(weights[0].sum())] = weights
    return [("size", size, weights if size < len(sizes) else weights[:1]) for size, weights in levels.items()]


def severity_levels(
    participants: pd.Series, splits: pd.DataFrame, severity: pd.DataFrame, n_replicates: int, seed: int
) -> list[tuple[str, float, np.ndarray]]:
    """Those with disease by thirds of their known severity, each with as many controls; level is a third's median.

    severity : participant_id, severity_left, severity_right, whose mean counts. Thirds are taken within each test fold,
    so that each fold has some of each; of each third, and of the controls, each replicate samples as many at random as
    the smallest of them has, so that all maps are of equally many subjects. No levels where a fold has fewer than
    three subjects with disease.
    """
    cells = tested_in(participants, splits)
    sides = severity.set_index("participant_id").loc[participants, ["severity_left", "severity_right"]]
    cells["severity"] = sides.mean(axis=1).to_numpy()
    ill = cells["label"] == 1
    of_fold = cells[ill].groupby("fold")["severity"]
    if of_fold.size().min() < THIRDS:
        log.info("a fold has fewer than %d subjects with disease: no thirds by severity", THIRDS)
        return []
    cells["third"] = -1  # controls
    cells.loc[ill, "third"] = (of_fold.rank(method="first") - 1) * THIRDS // of_fold.transform("size")
    groups = cells.groupby(["fold", "third"])["label"].size()
    smallest = cells["fold"].map(groups.groupby("fold").min()).to_numpy()
    places = _places([cells["fold"], cells["third"]], n_replicates, np.random.default_rng(seed))
    drawn = places < smallest
    levels = []
    for third in range(THIRDS):
        members = cells["third"] == third
        weights = (drawn & (members | ~ill).to_numpy()).astype(int)
        levels.append(("severity", float(cells.loc[members, "severity"].median()), weights))
    return levels


def _places(keys: list[pd.Series], n_replicates: int, rng: np.random.Generator) -> np.ndarray:
    """(n_replicates, n_subjects) place of each subject in a random order of those with the same keys, from 0."""
    places = np.empty((n_replicates, len(keys[0])), dtype=int)
    for _, members in sorted(keys[0].to_frame().groupby(keys).indices.items()):
        places[:, members] = rng.permuted(np.tile(np.arange(len(members)), (n_replicates, 1)), axis=1)
    return places
