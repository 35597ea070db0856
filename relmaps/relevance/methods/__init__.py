"""Heatmap methods, one per file, by their names in the configuration."""

from relmaps.errors import UserError
from relmaps.relevance.methods.guided_gradcam import GuidedGradCam
from relmaps.relevance.methods.integrated_gradients import IntegratedGradients
from relmaps.relevance.methods.lrp import Lrp
from relmaps.relevance.methods.method import Method

METHODS: dict[str, type[Method]] = {
    "lrp": Lrp,
    "integrated_gradients": IntegratedGradients,
    "guided_gradcam": GuidedGradCam,
}


def open_method(name: str, settings: dict) -> Method:
    """A method by its name, with its keys from the configuration; `untrained` is integrated gradients."""
    name = "integrated_gradients" if name == "untrained" else name
    if name not in METHODS:
        raise UserError(f"relevance.methods: {name} is unknown; use {', '.join(METHODS)}")
    return METHODS[name](**settings)
