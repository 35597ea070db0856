"""What the values of each map mean: the part of the sidecar that follows from the formula alone."""

from typing import NamedTuple

from relmaps.catalogue.maps import map_of
from relmaps.relevance.targets import TARGETS

LESS = {"gm_modulated": "less grey matter", "t1_syn": "a lower T1 signal"}
POOLING = {
    "all": "mean over all held-out subjects of a fold, then over folds",
    "class_means": "mean of the two class means over the held-out subjects of a fold, then over folds",
    "disease": "mean over the held-out subjects with disease of a fold, then over folds",
    "contrast": "mean of disease minus mean of control over the held-out subjects of a fold, then over folds",
}
NORMALISATION = {"none": "none", "unit_l1": "each subject's map divided by its sum of absolute values in the brain"}
OUTPUT = {"svm": "decision value", "logistic": "logit"}
MODEL = {"svm": "SVM", "logistic": "logistic regression"}
EVIDENCE = {
    "true_class": "evidence for the explained class, which is each subject's true class",
    "disease": "evidence for disease",
    "logit_difference": "evidence for disease against control",
}


class Meaning(NamedTuple):
    """polarity : a sentence that says what positive means. The others are "n/a" where there is nothing to say."""

    polarity: str
    target: str
    pooling: str
    normalisation: str
    units: str


# Of a map from elsewhere; its own sidecar says more.
ELSEWHERE = Meaning("positive = as its source says", "n/a", "n/a", "n/a", "as in the source")


def meaning_of(
    name: str, feature: str, pooling: str, normalisation: str, target: str = "true_class", applied: bool = False
) -> Meaning:
    """The meaning of the map `name` made from the cohort array `feature`; the next three concern heatmaps only.

    applied : whether a linear model comes finished from another study.
    """
    less = LESS.get(feature)
    record = map_of(name)
    model = record.estimator or ""
    folds = "with its finished model" if applied else "refitted on all subjects outside its test part"
    match name:
        case "svm_weights" | "logistic_weights":
            return Meaning(
                f"positive = {less} counts as evidence for disease",
                f"{OUTPUT[model]} of the {MODEL[model]}",
                f"mean over folds, each {folds}",
                "none",
                f"negative weight: {OUTPUT[model]} per unit of the feature",
            )
        case "svm_pattern" | "logistic_pattern":
            return Meaning(
                f"positive = {less} where the {MODEL[model]} sees disease",
                f"{OUTPUT[model]} of the {MODEL[model]}",
                f"mean over folds, each {folds}",
                "none",
                f"negative activation pattern: units of the feature per unit of the {OUTPUT[model]}",
            )
        case "vbm_t":
            return Meaning(f"positive = {less} in disease", "disease", "all subjects", "none", record.units)
        case "mean_t1":
            return Meaning("positive = brighter T1 signal", "n/a", "mean of all subjects", "none", record.units)
        case "t1_edges":
            return Meaning(
                "positive = stronger edge of the mean T1", "n/a", "mean of all subjects", "none", record.units
            )
        case "gm_probability":
            return Meaning("positive = more grey matter in the template", "n/a", "n/a", "n/a", record.units)
        case "hippocampus_distance":
            return Meaning(
                "positive = nearer to the centre of a hippocampus than the farthest voxel of the brain",
                "n/a",
                "n/a",
                "n/a",
                record.units,
            )
    polarity = f"positive = {EVIDENCE[target]}{record.note}"
    if pooling == "contrast":
        polarity += "; controls are subtracted"
    units = record.units
    if normalisation == "unit_l1":
        units = "share of a subject's absolute relevance per voxel"
    return Meaning(polarity, TARGETS[target], POOLING[pooling], NORMALISATION[normalisation], units)
