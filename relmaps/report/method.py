"""What the study did, in sentences made from its settings, and where they depart from the published study."""

from math import prod

import yaml

from relmaps import ROOT
from relmaps.catalogue.names import MODEL_NAMES, map_name, reference_name
from relmaps.catalogue.references import REFERENCE_SOURCES
from relmaps.catalogue.sources import SOURCES
from relmaps.cohort.truth import find_truth

SIGNS = {"abs": "absolute value of the map", "positive": "positive part of the map", "signed": "the signed map"}
MASKS = {"brain": "the whole brain", "gm": "grey matter"}
WORDS = {
    **{"true_class": "the true class", "disease": "disease", "logit_difference": "the difference of the logits"},
    **{"all": "every participant", "class_means": "the mean of the two groups' means"},
    **{"contrast": "disease minus control"},
    **{"none": "nothing", "unit_l1": "its sum of absolute values"},
}
# What no setting changes, and what the paper does instead; docs/decisions/ has the reasons.
DEPARTURES = [
    "Folds are stratified by group; training, validation and test parts never overlap. In the released code training "
    "and validation parts are drawn so that they do (decision 4).",
    "The linear SVM's C is chosen inside the training part; the paper does not report its choice (decision 4).",
    "Steps of integrated gradients are doubled per scan until the map adds up to the change of the output, unless "
    "the tolerance is null, which keeps the paper's fixed number (decision 5).",
    "A meta-analysis is computed and thresholded at 2 mm and then brought to the study's grid (decision 11).",
    "The paper has no counterpart of intervals, the spatial null model, label permutations, input-only baselines, the "
    "multiverse, parameter randomisation, deletion, insertion, stability and the ground truth.",
]


def method_sentences(config: dict, n_subjects: int) -> list[str]:
    """Stage by stage, with the settings of this study. n_subjects : participants used."""
    cohort, preprocess, classify = config["cohort"], config["preprocess"], config["classify"]
    cnn, relevance, overlap = classify["cnn"], config["relevance"], config["overlap"]
    grid = preprocess["template"]
    networks = ", ".join(cnn["architectures"])
    linear = ", ".join(MODEL_NAMES.get(name, name) for name in classify["linear"]["models"])
    references = [_reference(name, settings) for name, settings in config["reference"].items()]
    truth = {
        "simulated": " Half of the participants have simulated atrophy.",
        "synthetic_atrophy": " Half of the scans have synthetic atrophy.",
    }
    return [
        f"Cohort: {n_subjects} T1 scans, one per participant, {SOURCES[cohort['source']].title}."
        f"{truth.get(find_truth(config), '')}",
        "Preprocessing: brain extraction of scans with skull (a network, deepbet), bias field correction, affine and "
        f"nonlinear registration ({preprocess['registration']}) to {grid['space']} at {grid['voxel_mm']:g} mm with "
        "ANTs, and segmentation into grey matter, white matter and fluid; grey matter is modulated by the deformation. "
        "Scans outside the gates of quality control are excluded.",
        f"Networks: {networks}, on {cnn['feature']}, {_many(len(cnn['seeds']), 'seed')} each, {classify['folds']}-fold "
        f"cross-validation, at most {cnn['epochs']} epochs; in each fold the one with the lowest validation loss is "
        "explained.",
        f"Linear models: {linear}, on {classify['linear']['feature']}, in the same folds; their activation patterns "
        "follow Haufe et al. (2014).",
        f"Heatmaps: {', '.join(map_name(name) for name in relevance['methods'])}, of held-out scans alone. Explained: "
        f"{WORDS[relevance['target']]}; pooled: {WORDS[relevance['pooling']]}; each scan's map divided by: "
        f"{WORDS[relevance['normalisation']]}.",
        f"References: {', '.join(references)}{'; and the ground truth' if find_truth(config) else ''}.",
        f"Overlap: {primary_in_words(overlap['primary'])}; multiverse: "
        f"{prod(map(len, overlap['multiverse'].values()))} specifications. Intervals: {overlap['n_bootstrap']} "
        f"bootstrap samples of participants, stratified by fold and group. Paired differences of heatmaps to maps of "
        f"linear models, and to baselines: p adjusted within each of the two by step-down max-T. Spatial null model: "
        f"{overlap['n_surrogates']} surrogate maps as smooth as the map. Permutation test: "
        f"{_many(len(classify['permutations']), 'label permutation')}.",
    ]


def primary_in_words(primary: dict) -> str:
    return f"{SIGNS[primary['sign']]}, smoothed {primary['smoothing_mm']:g} mm, inside {MASKS[primary['mask']]}"


def flatten(settings: object, prefix: str = "") -> list[tuple[str, object]]:
    """Nested settings as pairs of dotted key and value; lists of plain values stay in one cell."""
    if isinstance(settings, dict) and settings:
        return [pair for key, value in settings.items() for pair in flatten(value, f"{prefix}.{key}".strip("."))]
    if isinstance(settings, list) and any(isinstance(item, dict) for item in settings):
        return [pair for n, item in enumerate(settings, 1) for pair in flatten(item, f"{prefix}.{n}")]
    return [(prefix, ", ".join(map(str, settings)) if isinstance(settings, list) else settings)]


def departures_from_recipe(config: dict) -> dict[str, tuple[object, object]]:
    """Key -> value in config/paper.yaml, which holds the published recipe as far as it is known, and value here."""
    recipe = yaml.safe_load((ROOT / "config" / "paper.yaml").read_text(encoding="utf-8"))
    published, here = dict(flatten(recipe)), dict(flatten(config))
    published.pop("study")
    return {
        key: (value, here.get(key, "not used"))
        for key, value in published.items()
        if str(here.get(key, "not used")) != str(value)
    }


def _reference(name: str, settings: dict) -> str:
    return f"{reference_name(name)} ({REFERENCE_SOURCES[settings['source']].title})"


def _many(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n or 'no'} {noun}s"
