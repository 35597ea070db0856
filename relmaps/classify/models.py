"""Which models a study trains, by their names in predictions.tsv."""

from dataclasses import dataclass

from relmaps.catalogue.confounds import COVARIATES
from relmaps.catalogue.models import find_model, on_reduced


@dataclass(frozen=True)
class Models:
    """Names of models. networks, linear : those whose maps are made. confound_networks, confound_linear : the same
    models
    on inputs without tissue contrast. covariates : [COVARIATES] or [].
    """

    networks: list[str]
    linear: list[str]
    confound_networks: list[str]
    confound_linear: list[str]
    covariates: list[str]


def select_models(classify: dict) -> Models:
    """classify : that part of a validated configuration."""
    controls, networks, linear = (
        classify["confound_models"],
        classify["cnn"]["architectures"],
        classify["linear"]["models"],
    )

    def reduced(models: list[str]) -> list[str]:
        chosen = [model for model in models if model in controls["models"]]
        return [on_reduced(model, name).name for model in chosen for name in controls["inputs"]]

    return Models(networks, linear, reduced(networks), reduced(linear), [COVARIATES] if controls["covariates"] else [])


def feature_of_model(model: str, classify: dict) -> str:
    """The cohort array that a network or a linear model sees."""
    record = find_model(model)
    return record.reduced or classify["linear" if record.kind == "linear" else "cnn"]["feature"]
