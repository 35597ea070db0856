"""Controls: models that see no tissue contrast, so what they reach is no sign of grey matter loss in the contrast."""

COVARIATES = "covariates"  # logistic regression on age, sex and head size
CONTROL_INPUTS = ("binarised", "brain_mask")  # a model's input turned black and white, or its outline alone
LINEAR_MODELS = ("svm", "logistic")


def control_parts(model: str) -> tuple[str, str | None]:
    """The model behind a name, and what its input was reduced to: "svm_binarised" -> ("svm", "binarised")."""
    for reduced in CONTROL_INPUTS:
        if model.endswith(f"_{reduced}"):
            return model.removesuffix(f"_{reduced}"), reduced
    return model, None


def is_control(model: str) -> bool:
    return model == COVARIATES or control_parts(model)[1] is not None


def is_linear(model: str) -> bool:
    """Whether its score is a decision value, which only Platt scaling turns into a probability."""
    return control_parts(model)[0] in LINEAR_MODELS
