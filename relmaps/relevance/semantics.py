"""What the values of each map mean: the part of the sidecar that follows from the formula alone."""

from typing import NamedTuple

from relmaps.catalogue.maps import find_map
from relmaps.relevance.targets import TARGETS

LESS = {"gm_modulated": "less grey matter", "t1_syn": "a lower T1 signal"}
POOLING = {
    "all": "mean over all held-out subjects of a fold, then over folds",
    "class_means": "mean of the two class means over the held-out subjects of a fold, then over folds",
    "disease": "mean over the held-out subjects with disease of a fold, then over folds",
    "contrast": "mean of disease minus mean of control over the held-out subjects of a fold, then over folds",
}
NORMALISATION = {"none": "none", "unit_l1": "each subject's map divided by its sum of absolute values in the brain"}
EVIDENCE = {
    "true_class": "evidence for the explained class, which is each subject's true class",
    "disease": "evidence for disease",
    "logit_difference": "evidence for disease against control",
}

# What follows on the output of a linear model, which is evidence for disease (relmaps.relevance.targets).
LINEAR_TARGETS = {
    "true_class": ", negated for controls: evidence for each held-out subject's true class",
    "disease": "",
    "logit_difference": "",
}


class MapSemantics(NamedTuple):
    """polarity : a sentence that says what positive means. The others are "n/a" where there is nothing to say."""

    polarity: str
    target: str
    pooling: str
    normalisation: str
    units: str


def describe_map(
    name: str, feature: str, pooling: str, normalisation: str, target: str = "true_class", applied: bool = False
) -> MapSemantics:
    """The meaning of the map `name` made from the cohort array `feature`; the next three concern participants' maps.

    applied : whether a linear model comes finished from another study.
    """
    record = find_map(name)
    if not record.of_participants:
        folds = "with its finished model" if applied else "refitted on all subjects outside its test part"
        polarity = record.polarity.format(less=LESS.get(feature))
        return MapSemantics(
            polarity, record.target, record.pooling.format(folds=folds), record.normalisation, record.units
        )
    polarity = f"positive = {EVIDENCE[target]}{record.note}"
    if pooling == "contrast":
        polarity += "; controls are subtracted"
    units = record.units
    if normalisation == "unit_l1":
        units = "share of a subject's absolute relevance per voxel"
    explained = TARGETS[target] if record.method else record.target + LINEAR_TARGETS[target]
    return MapSemantics(polarity, explained, POOLING[pooling], NORMALISATION[normalisation], units)
