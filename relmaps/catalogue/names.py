"""What things are called on a page; files and tables keep the short names."""

import pandas as pd

from relmaps.catalogue.controls import control_parts
from relmaps.catalogue.maps import map_of
from relmaps.catalogue.metrics import METRICS
from relmaps.catalogue.references import NAMES as REFERENCE_NAMES

METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "brier": "Brier score",
    "calibration_in_the_large": "Calibration in the large",
    "calibration_error": "Calibration error",
    **{name: record.title for name, record in METRICS.items()},
}
MODEL_NAMES = {
    "svm": "Linear SVM",
    "logistic": "Logistic regression",
    "selected": "Selected network",
    "covariates": "Age, sex and head size",
}
INPUT_NAMES = {"binarised": "binarised scan", "brain_mask": "brain mask"}


def map_name(name: str) -> str:
    return map_of(name).title


def reference_name(name: str) -> str:
    return REFERENCE_NAMES.get(name, name.replace("_", " "))


def model_name(name: str) -> str:
    """Such as "Linear SVM", "Network “small”", or of a control "SVM, binarised scan"."""
    model, reduced = control_parts(name)
    if reduced is None:
        return MODEL_NAMES.get(model, f"Network “{model}”")
    return f"{'SVM' if model == 'svm' else model_name(model)}, {INPUT_NAMES[reduced]}"


def group_names(participants: pd.DataFrame) -> dict[int, str]:
    """Label (1 disease, 0 control, in this order) -> group as written in the source."""
    first = participants.dropna(subset=["label"]).drop_duplicates("label").set_index("label").group
    return {label: str(first.get(label, default)) for label, default in [(1, "disease"), (0, "control")]}
