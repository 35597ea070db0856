"""What things are called on a page; files and tables keep the short names."""

import pandas as pd

from relmaps.catalogue.confounds import COVARIATE_MODELS, COVARIATE_TITLES
from relmaps.catalogue.looks import COMPARISON_TITLES, MAP_LOOKS, METRIC_TITLES, make_title
from relmaps.catalogue.metrics import METRICS
from relmaps.catalogue.models import find_model
from relmaps.catalogue.references import NAMES as REFERENCE_NAMES

METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "brier": "Brier score",
    "calibration_in_the_large": "Calibration in the large",
    "calibration_error": "Calibration error",
    **{name: METRIC_TITLES.get(name, make_title(name)) for name in METRICS},
}
MODEL_NAMES = {
    "svm": "Linear SVM",
    "logistic": "Logistic regression",
    "selected": "Selected network",
    "covariates_none": "Size of the groups alone",
}
SHORT_NAMES = {"svm": "SVM"}  # where more follows
INPUT_NAMES = {"binarised": "binarised scan", "brain_mask": "brain mask"}


def map_name(name: str) -> str:
    return MAP_LOOKS[name].title if name in MAP_LOOKS else make_title(name)


def reference_name(name: str) -> str:
    return REFERENCE_NAMES.get(name, name.replace("_", " "))


def comparison_name(family: str) -> str:
    return COMPARISON_TITLES.get(family, make_title(family))


def model_name(name: str) -> str:
    """Such as "Linear SVM", "Network “small”", or of a confound model "SVM, binarised scan" or "Age and sex"."""
    record = find_model(name)
    if COVARIATE_MODELS.get(name):
        *others, last = (COVARIATE_TITLES[covariate] for covariate in COVARIATE_MODELS[name])
        return " and ".join(filter(None, [", ".join(others), last])).capitalize()
    if record.reduced is None:
        return MODEL_NAMES.get(name, f"Network “{name}”")
    return f"{SHORT_NAMES.get(record.base) or model_name(record.base)}, {INPUT_NAMES[record.reduced]}"


def group_names(participants: pd.DataFrame) -> dict[int, str]:
    """Label (1 disease, 0 control, in this order) -> group as written in the source."""
    first = participants.dropna(subset=["label"]).drop_duplicates("label").set_index("label").group
    return {label: str(first.get(label, default)) for label, default in [(1, "disease"), (0, "control")]}
