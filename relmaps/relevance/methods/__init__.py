"""Heatmap methods, one per file, by their names in the configuration."""

from relmaps.io.errors import UserError
from relmaps.relevance.methods.expected_gradients import ExpectedGradients
from relmaps.relevance.methods.gradcam import GradCam
from relmaps.relevance.methods.gradient import Gradient
from relmaps.relevance.methods.gradient_x_input import GradientTimesInput
from relmaps.relevance.methods.guided_backprop import GuidedBackprop
from relmaps.relevance.methods.guided_gradcam import GuidedGradCam
from relmaps.relevance.methods.integrated_gradients import IntegratedGradients
from relmaps.relevance.methods.lrp import Lrp, LrpComposite, LrpEpsilon, LrpGamma
from relmaps.relevance.methods.method import Method
from relmaps.relevance.methods.occlusion import Occlusion
from relmaps.relevance.methods.region_occlusion import RegionOcclusion
from relmaps.relevance.methods.smoothgrad import SmoothGrad

METHODS: dict[str, type[Method]] = {
    "lrp": Lrp,
    "lrp_alpha1_beta0": Lrp,
    "lrp_alpha2_beta1": Lrp,
    "lrp_epsilon": LrpEpsilon,
    "lrp_gamma": LrpGamma,
    "lrp_composite": LrpComposite,
    "integrated_gradients": IntegratedGradients,
    "expected_gradients": ExpectedGradients,
    "guided_gradcam": GuidedGradCam,
    "gradcam": GradCam,
    "guided_backprop": GuidedBackprop,
    "gradient": Gradient,
    "gradient_x_input": GradientTimesInput,
    "smoothgrad": SmoothGrad,
    "occlusion": Occlusion,
    "region_occlusion": RegionOcclusion,
}


def open_method(name: str, settings: dict) -> Method:
    """A method by its name, with its keys from the configuration; `untrained` is integrated gradients."""
    name = "integrated_gradients" if name == "untrained" else name
    if name not in METHODS:
        raise UserError(f"relevance.methods: {name} is unknown; use {', '.join(METHODS)}")
    return METHODS[name](**settings)
