"""What things are called on a page; files and tables keep the short names."""

import pandas as pd

from relmaps.classify.controls import control_parts

MAP_NAMES = {
    "lrp": "LRP",
    "lrp_alpha1_beta0": "LRP α1 β0",
    "lrp_alpha2_beta1": "LRP α2 β1",
    "lrp_epsilon": "LRP ε",
    "lrp_gamma": "LRP γ",
    "lrp_composite": "LRP composite",
    "integrated_gradients": "Integrated Gradients",
    "expected_gradients": "Expected Gradients",
    "guided_gradcam": "Guided Grad-CAM",
    "gradcam": "Grad-CAM",
    "guided_backprop": "Guided backpropagation",
    "gradient": "Gradient",
    "gradient_x_input": "Gradient × input",
    "smoothgrad": "SmoothGrad",
    "occlusion": "Occlusion of patches",
    "region_occlusion": "Occlusion of regions",
    "svm_pattern": "SVM pattern",
    "svm_weights": "SVM weights",
    "logistic_pattern": "Logistic pattern",
    "logistic_weights": "Logistic weights",
    "vbm_t": "VBM t",
    "mean_t1": "Mean T1",
    "gm_probability": "GM probability",
    "t1_edges": "T1 edges",
    "hippocampus_distance": "Hippocampus distance",
    "untrained": "Untrained network",
}
FAMILIES = {
    "heatmap": (
        *("lrp", "lrp_alpha1_beta0", "lrp_alpha2_beta1", "lrp_epsilon", "lrp_gamma", "lrp_composite"),
        *("integrated_gradients", "expected_gradients", "guided_gradcam", "gradcam", "guided_backprop"),
        *("gradient", "gradient_x_input", "smoothgrad", "occlusion", "region_occlusion"),
    ),
    "tissue": ("svm_pattern", "svm_weights", "logistic_pattern", "logistic_weights", "vbm_t"),
    "baseline": ("mean_t1", "gm_probability", "t1_edges", "hippocampus_distance", "untrained"),
}
FAMILY_NAMES = {
    "heatmap": "Network heatmap",
    "tissue": "Linear tissue model",
    "baseline": "Baseline",
    "other": "Other map",
}
METRIC_NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "roc_auc": "ROC AUC",
    "sensitivity": "Sensitivity",
    "specificity": "Specificity",
    "brier": "Brier score",
    "calibration_in_the_large": "Calibration in the large",
    "calibration_error": "Calibration error",
    "average_precision": "Average precision",
    "dice": "Dice at matched size",
    "dice_max": "Largest Dice",
    "mass_accuracy": "Relevance mass accuracy",
    "rank_accuracy": "Relevance rank accuracy",
    "top_intersection": "Top 1 % in the reference",
    "spearman": "Spearman correlation",
    "centre_distance_mm": "Distance of centres (mm)",
    "hausdorff_95_mm": "95 % Hausdorff distance (mm)",
    "cluster_hit_rate": "Hit rate per cluster",
}
MODEL_NAMES = {
    "svm": "Linear SVM",
    "logistic": "Logistic regression",
    "selected": "Selected network",
    "covariates": "Age, sex and head size",
}
INPUT_NAMES = {"binarised": "binarised scan", "brain_mask": "brain mask"}
REFERENCE_NAMES = {"meta_analysis": "meta-analysis", "truth": "known truth"}


def map_name(name: str) -> str:
    return MAP_NAMES.get(name, name.replace("_", " "))


def family_of(name: str) -> str:
    """heatmap, tissue, baseline, or other for a map from elsewhere."""
    return next((family for family, members in FAMILIES.items() if name in members), "other")


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
