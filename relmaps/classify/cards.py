"""Model cards (Mitchell et al. 2019, FAT* '19:220): what a network is, what it is worth, and what it is not for.

A card describes groups and never a participant, so it may be passed on together with the weights.
"""

from collections.abc import Iterable

import pandas as pd

from relmaps.catalogue.models import SELECTED
from relmaps.catalogue.names import METRIC_NAMES, model_name
from relmaps.catalogue.networks import find_architecture
from relmaps.classify.checkpoint_metadata import Weights
from relmaps.classify.performance import overall
from relmaps.io.tables import NOT_AVAILABLE

FEATURE_NAMES = {
    "t1_affine": "T1-weighted scan, affine registration, brain only",
    "t1_syn": "T1-weighted scan, nonlinear registration, brain only",
    "gm": "grey matter probability, nonlinear registration",
    "gm_modulated": "grey matter probability times the Jacobian determinant of the nonlinear registration",
}
WHOSE_SCANS = {
    "simulated": "It was trained on simulated scans and is not validated on patients.",
    "synthetic_atrophy": "It was trained on scans of controls, half of them with synthetic atrophy, and is not "
    "validated on patients.",
}
SHUFFLED = "**Its labels were permuted on purpose: it shows the performance of a network at chance.**"
USE = """\
## Intended use

Research on groups: to repeat this study, to compare ways of explaining a network with each other, and to test its
accuracy on scans of other participants, prepared in the same way.

## Not for

- Diagnosis, screening, prognosis or any other decision about a person. It is not a diagnostic device and was never
  tested as one.
- Scans that were prepared in another way, of other ages, scanners or sequences than those it was trained on, without a
  test on such scans first.
- Distinguishing the disease from other diseases: it was trained on one disease and controls.
- Conclusions about causes: a map of what it uses shows where groups differ, not why.
"""
LIMITS = [
    "Another training, or another sample of participants, gives another network. Intervals exclude this: they resample "
    "the tested participants with the network fixed.",
    "The test part of one fold is small. The figures over all folds are more precise, but of several networks.",
    "Its probabilities hold for the share with disease in its training part; at other shares they are miscalibrated.",
    "Age, sex, head size, scanner and movement differ between groups as well. The confound models show the "
    "accuracy that some of these reach alone.",
]


def make_card(
    fold: str,
    weights: list[Weights],
    people: pd.DataFrame,
    performance: pd.DataFrame,
    *,
    recipe: dict,
    study: dict,
    confidence: float,
    versions: dict[str, str],
) -> str:
    """The card of a fold's network as Markdown. weights : one file per seed, all of the same network.

    people : role, label, age, sex of each participant in the fold. performance : performance.tsv of the study.
    recipe : the settings of training, which may be nested. study : name, disease, control (names of the groups), space,
    voxel_mm, truth (as `find_truth` gives it), labels_shuffled and preprocessing (settings, which may be nested).
    """
    first = weights[0]
    name = model_name(first.metadata["model"])
    truth = WHOSE_SCANS.get(study["truth"])
    sections = [
        f"# {name}, fold {fold} of the study {study['name']}",
        f"A network that classifies {study['disease']} against {study['control']} on structural scans of the brain, "
        f"selected for this fold. **For research on groups only; not a diagnostic device.** {truth or ''}",
        *([SHUFFLED] if study["labels_shuffled"] else []),
        "## What it is",
        _described(first, study),
        _blocks(first),
        "## How it was trained",
        _participants(people, study),
        "The training part fitted the weights. Epoch and network were chosen on the validation part, where there is "
        "one; the test part played no part in either.",
        _table(("Setting", "Value"), _flat(recipe)),
        "## How well it does",
        _measures(fold, performance, confidence),
        "Sensitivity, specificity and balanced accuracy: a probability of disease above one half counts as disease. "
        "Brier score and calibration error are better where lower, calibration in the large where closer to 0 (above "
        "it, disease is expected too often).",
        "Beside it, on the same held-out participants of all folds:",
        _others(performance),
        USE.strip(),
        "## Limits",
        "\n".join(f"- {limit}" for limit in LIMITS),
        "## Files and software",
        _table(
            ("Weights", "Seed", "Epoch kept", "SHA-256"),
            [(f"`{one.file}`", one.key[2], one.metadata["epoch"], f"`{one.sha256}`") for one in weights],
        ),
        _table(("Software", "Version"), versions.items()),
    ]
    return "\n\n".join(section.strip() for section in sections) + "\n"


def _described(weights: Weights, study: dict) -> str:
    metadata, known = weights.metadata, find_architecture(weights.architecture)
    grid = " x ".join(map(str, metadata["grid_shape"]))
    feature = metadata["feature"]
    head = f"hidden layer of {known.hidden} units" if known.hidden else "linear head"
    rows = [
        ("Architecture", f"{weights.architecture}: {len(known.channels)} convolutional blocks, {head}, two logits"),
        ("Parameters", f"{weights.n_parameters:,}"),
        ("Input", f"{feature}: {FEATURE_NAMES.get(feature, 'a cohort array of this name')}"),
        ("Grid", f"{grid} voxels of {study['voxel_mm']:g} mm, {study['space']}"),
        *((f"Preprocessing: {key}", value) for key, value in _flat(study["preprocessing"])),
        (
            "Scaling",
            "each voxel by mean and standard deviation of the training part, which the file holds"
            if weights.z_scored
            else "none",
        ),
        ("Output", "logit of disease minus logit of control; its sigmoid is the probability of disease"),
    ]
    return _table(("Property", "Value"), rows)


def _blocks(weights: Weights) -> str:
    known = find_architecture(weights.architecture)
    rows = list(zip(known.channels, known.kernels, known.pools, strict=True))
    pool = "Mean pool" if known.averages else "Max pool"
    titles = ("Block", "Channels", "Kernel", pool)
    return _table(titles, [(n, c, f"{k} x {k} x {k}", f"{p} x {p} x {p}") for n, (c, k, p) in enumerate(rows, 1)])


def _participants(people: pd.DataFrame, study: dict) -> str:
    rows = []  # a mean of one would identify a person
    for role in ("train", "validation", "test"):
        for label, group in ((1, study["disease"]), (0, study["control"])):
            part = people[(people["role"] == role) & (people["label"] == label)]
            age, sex = part["age"].dropna(), part["sex"].dropna()
            years = f"{age.mean():.1f} ± {age.std():.1f}" if len(age) > 1 else NOT_AVAILABLE
            women = f"{100 * (sex == 'f').mean():.0f} %" if len(sex) > 1 else NOT_AVAILABLE
            rows.append((role, group, len(part), years, women))
    return _table(("Part", "Group", "Participants", "Age in years, mean ± sd", "Women"), rows)


def _measures(fold: str, performance: pd.DataFrame, confidence: float) -> str:
    mine = performance[performance["model"] == SELECTED]
    of_fold = mine[mine["fold"] == fold].groupby("metric")["value"].mean()
    rows = []
    for metric in mine["metric"].unique():
        whole = overall(mine, metric).iloc[0]
        rows.append((METRIC_NAMES[metric], _number(of_fold[metric]), _estimate(whole)))
    return _table(("Measure", "Test part of this fold", f"All folds [{100 * confidence:g} % interval]"), rows)


def _others(performance: pd.DataFrame) -> str:
    accuracy, auc = (overall(performance, metric).set_index("model") for metric in ("balanced_accuracy", "roc_auc"))
    rows = [(model_name(name), _estimate(accuracy.loc[name]), _estimate(auc.loc[name])) for name in accuracy.index]
    return _table(("Model", METRIC_NAMES["balanced_accuracy"], METRIC_NAMES["roc_auc"]), rows)


def _estimate(row: pd.Series) -> str:
    return f"{_number(row['value'])} [{_number(row['ci_low'])}, {_number(row['ci_high'])}]"


def _number(value: float) -> str:
    return NOT_AVAILABLE if pd.isna(value) else f"{value:.3f}"


def _flat(settings: dict, prefix: str = "") -> list[tuple[str, object]]:
    """Nested settings as pairs of dotted key and value."""
    pairs: list[tuple[str, object]] = []
    for key, value in settings.items():
        pairs += _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else [(f"{prefix}{key}", value)]
    return pairs


def _table(titles: tuple[str, ...], rows: Iterable[tuple]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def _cell(value: object) -> str:
    return "none" if value is None else str(value).replace("|", "\\|")
