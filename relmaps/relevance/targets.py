"""What is explained: a sum of the two logits with a factor for each, so that one piece of code serves every target."""

import numpy as np

TARGETS = {
    "true_class": "logit of each held-out subject's true class",
    "disease": "logit of disease, whatever the subject's class",
    "logit_difference": "logit of disease minus logit of control",
}


def make_coefficients(target: str, labels: np.ndarray) -> np.ndarray:
    """(n, 2) float32: what the logits of control and of disease count in the explained value of each subject.

    target : key of TARGETS; true_class is that of the paper. labels : (n,) 0 control, 1 disease.
    """
    labels = np.asarray(labels)
    match target:
        case "true_class":
            return np.eye(2, dtype=np.float32)[labels]
        case "disease":
            return np.tile(np.array([0, 1], dtype=np.float32), (len(labels), 1))
        case "logit_difference":
            return np.tile(np.array([-1, 1], dtype=np.float32), (len(labels), 1))
    raise ValueError(f"target {target} is not one of {', '.join(TARGETS)}")


def make_signs(target: str, labels: np.ndarray) -> np.ndarray:
    """(n,) 1 or -1: what the one output of a linear model counts in the explained value of each subject.

    Its output is evidence for disease, and so, negated, for control: `disease` and `logit_difference` are the same.
    """
    control, disease = make_coefficients(target, labels).T
    return np.sign(disease - control)
