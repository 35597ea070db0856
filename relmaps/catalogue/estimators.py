"""The linear models: what each is called in a sentence, and what it puts out."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimator:
    """A linear model. model : its name in a sentence. output : what its score is."""

    model: str
    output: str


ESTIMATORS = {
    "svm": Estimator("SVM", "decision value"),
    "logistic": Estimator("logistic regression", "logit"),
}
