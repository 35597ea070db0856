import numpy as np
import pytest

from relmaps.relevance.targets import make_coefficients, make_signs

LABELS, LOGITS = np.array([0, 1]), np.array([[2.0, 5.0], [3.0, -1.0]])


@pytest.mark.parametrize(
    ("target", "values"), [("true_class", [2, -1]), ("disease", [5, -1]), ("logit_difference", [3, -4])]
)
def test_coefficients_pick_what_is_explained(target, values):
    coefficients = make_coefficients(target, LABELS)
    assert coefficients.dtype == np.float32
    assert (coefficients * LOGITS).sum(axis=1).tolist() == values


@pytest.mark.parametrize(
    ("target", "signs"), [("true_class", [-1, 1]), ("disease", [1, 1]), ("logit_difference", [1, 1])]
)
def test_the_one_output_of_a_linear_model_is_evidence_for_disease(target, signs):
    assert make_signs(target, LABELS).tolist() == signs


def test_unknown_target_is_told():
    with pytest.raises(ValueError, match="target control"):
        make_coefficients("control", LABELS)
