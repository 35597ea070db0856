"""Confound models: their input has no tissue contrast, so their accuracy comes from outline, size or covariates."""

from collections.abc import Iterable
from itertools import combinations

COVARIATES = "covariates"  # logistic regression on age, sex and head size
COVARIATE_TITLES = {"age": "age", "sex": "sex", "tiv_ml": "head size"}
CONFOUND_INPUTS = ("binarised", "brain_mask")  # a model's input turned black and white, or its outline alone


def name_covariate_model(used: Iterable[str]) -> str:
    """covariates where all of COVARIATE_TITLES are used, else such as covariates_age_sex or covariates_none."""
    used = set(used)
    if used == set(COVARIATE_TITLES):
        return COVARIATES
    return (
        "_".join([COVARIATES, *(name for name in COVARIATE_TITLES if name in used)]) if used else f"{COVARIATES}_none"
    )


# Name of the model -> the covariates that it uses.
COVARIATE_MODELS = {
    name_covariate_model(used): used
    for size in range(len(COVARIATE_TITLES), -1, -1)
    for used in combinations(COVARIATE_TITLES, size)
}
