"""Every model that a study can train, by its name in predictions.tsv."""

from dataclasses import dataclass

from relmaps.catalogue.confounds import CONFOUND_INPUTS, COVARIATE_MODELS, COVARIATES
from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.networks import NETWORKS

SELECTED = "selected"  # the network chosen in each fold


@dataclass(frozen=True)
class Model:
    """A model.

    kind : linear, network, selected or covariates. A linear model's score is a decision value, which only Platt scaling
    turns into a probability. base : estimator, architecture or kind. reduced : the cohort array without tissue contrast
    that it sees instead of the study's, or None.
    """

    name: str
    kind: str
    base: str
    reduced: str | None = None

    @property
    def confound(self) -> bool:
        """Whether it sees no tissue contrast."""
        return self.kind == COVARIATES or self.reduced is not None


def on_reduced(base: str, reduced: str) -> Model:
    """The confound model of a linear model or a network, such as svm_binarised."""
    return Model(f"{base}_{reduced}", MODELS[base].kind, base, reduced)


MODELS = {
    **{name: Model(name, "linear", name) for name in ESTIMATORS},
    **{name: Model(name, "network", name) for name in NETWORKS},
    SELECTED: Model(SELECTED, SELECTED, SELECTED),
    **{name: Model(name, COVARIATES, COVARIATES) for name in COVARIATE_MODELS},
}
CONFOUNDS = [on_reduced(base, reduced) for base in (*ESTIMATORS, *NETWORKS) for reduced in CONFOUND_INPUTS]
MODELS |= {record.name: record for record in CONFOUNDS}


def find_model(name: str) -> Model:
    """The record of a model; one that is not in the catalogue is a network of another version."""
    return MODELS.get(name, Model(name, "network", name))


def names_of(kind: str) -> list[str]:
    """All models of a kind."""
    return [name for name, record in MODELS.items() if record.kind == kind]


def is_confound(name: str) -> bool:
    """Whether the model sees no tissue contrast."""
    return find_model(name).confound
