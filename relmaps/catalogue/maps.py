"""Every map that a study can make: what it is called, what it is made from, what its values mean, how it is drawn.

One record per map. Names, titles, colours, families, the configuration's list of methods and the inputs of rules are
derived from these records. Maps from elsewhere have no record; `map_of` makes one for them.
"""

from dataclasses import dataclass

FAMILIES = {
    "heatmap": "Network heatmap",
    "tissue": "Linear tissue model",
    "baseline": "Baseline",
    "other": "Other map",
}
SHARE, SLOPE = "logit per voxel", "logit per unit of the scaled input"
RISING = "; of the value where the voxel rises, whatever it is now"
TURNED = "; turned round for a subject whose explained value is negative"


@dataclass(frozen=True)
class Method:
    """How a heatmap is made.

    implementation : file of relmaps/relevance/methods/ and class in it. section : of the configuration's `relevance`
    that holds its settings. keys : those of the section that it takes; None takes all.
    """

    implementation: str
    section: str | None = None
    keys: tuple[str, ...] | None = None

    def settings(self, relevance: dict) -> dict:
        """Keyword arguments of the class. relevance : that part of a configuration."""
        section = relevance[self.section] if self.section else {}
        keys = section if self.keys is None else self.keys
        return {key: section[key] for key in keys}


@dataclass(frozen=True)
class Map:
    """A map.

    title : in figures and tables. family : key of FAMILIES. colour, line : of its curves. units : of the values of one
    participant's heatmap, or of the map. note : of a heatmap, what to add to the sentence that says what positive
    means. method : of a heatmap. estimator, kind : of a linear model's map, such as svm and pattern.
    array : the cohort array that it is made from; `cnn` and `linear` stand for that of these models, None for none.
    template : whether it is made from the template's grey matter. depends : on the study's participants.
    """

    name: str
    title: str
    family: str
    colour: str
    line: str
    units: str = "arbitrary"
    note: str = ""
    method: Method | None = None
    estimator: str | None = None
    kind: str | None = None
    array: str | None = "cnn"
    template: bool = False
    depends: bool = True


LRP = ("epsilon", "batchnorm")
ORANGE, PURPLE, AMBER, PINK, BROWN, INDIGO = "#D55E00", "#882255", "#E69F00", "#CC79A7", "#8C6D1F", "#332288"
BLUE, SKY, GREEN, DARK, GREY = "#0072B2", "#56B4E9", "#009E73", "#555555", "#9A9A9A"


def _heatmap(
    name: str, title: str, look: tuple[str, str], method: Method, units: str = "arbitrary", note: str = ""
) -> Map:
    return Map(name, title, "heatmap", *look, units, note, method)


def _linear(estimator: str, kind: str, title: str, look: tuple[str, str]) -> Map:
    return Map(f"{estimator}_{kind}", title, "tissue", *look, estimator=estimator, kind=kind, array="linear")


MAPS = {
    record.name: record
    for record in (
        _heatmap("lrp", "LRP", (ORANGE, "-"), Method("lrp:Lrp", "lrp", ("beta", *LRP)), SHARE, TURNED),
        _heatmap("lrp_epsilon", "LRP ε", (PURPLE, "-"), Method("lrp:LrpEpsilon", "lrp", LRP), SHARE, TURNED),
        _heatmap("lrp_gamma", "LRP γ", (PURPLE, "--"), Method("lrp:LrpGamma", "lrp", ("gamma", *LRP)), SHARE, TURNED),
        _heatmap(
            *("lrp_composite", "LRP composite", (PURPLE, ":")),
            *(Method("lrp:LrpComposite", "lrp", ("gamma", *LRP)), SHARE, TURNED),
        ),
        _heatmap(
            *("integrated_gradients", "Integrated Gradients", (AMBER, "-")),
            *(Method("integrated_gradients:IntegratedGradients", "integrated_gradients"), SHARE),
        ),
        _heatmap(
            *("expected_gradients", "Expected Gradients", (AMBER, "--")),
            *(Method("expected_gradients:ExpectedGradients", "expected_gradients"), SHARE),
        ),
        _heatmap("guided_gradcam", "Guided Grad-CAM", (PINK, "-"), Method("guided_gradcam:GuidedGradCam")),
        _heatmap("gradcam", "Grad-CAM", (PINK, "--"), Method("gradcam:GradCam"), note="; never negative"),
        _heatmap(
            *("guided_backprop", "Guided backpropagation", (PINK, ":"), Method("guided_backprop:GuidedBackprop")),
            note=RISING + ", by paths that raise it alone",
        ),
        _heatmap("gradient", "Gradient", (BROWN, "-"), Method("gradient:Gradient"), SLOPE, RISING),
        _heatmap(
            "gradient_x_input", "Gradient × input", (AMBER, ":"), Method("gradient_x_input:GradientTimesInput"), SHARE
        ),
        _heatmap(
            "smoothgrad", "SmoothGrad", (BROWN, "--"), Method("smoothgrad:SmoothGrad", "smoothgrad"), SLOPE, RISING
        ),
        _heatmap(
            *("occlusion", "Occlusion of patches", (INDIGO, "-"), Method("occlusion:Occlusion", "occlusion")),
            "logit lost when the patch around the voxel is filled",
        ),
        _heatmap(
            *("region_occlusion", "Occlusion of regions", (INDIGO, "--")),
            *(Method("region_occlusion:RegionOcclusion", "region_occlusion"),),
            "logit lost when the voxel's region is filled",
        ),
        _linear("svm", "pattern", "SVM pattern", (BLUE, "--")),
        _linear("svm", "weights", "SVM weights", (SKY, "--")),
        _linear("logistic", "pattern", "Logistic pattern", (BLUE, ":")),
        _linear("logistic", "weights", "Logistic weights", (SKY, ":")),
        Map("vbm_t", "VBM t", "tissue", GREEN, "--", "negative t of disease", array="gm_modulated"),
        Map("mean_t1", "Mean T1", "baseline", DARK, ":", "T1 signal", array="t1_syn"),
        Map("t1_edges", "T1 edges", "baseline", GREY, ":", "T1 signal per mm", array="t1_syn"),
        Map(
            *("gm_probability", "GM probability", "baseline", DARK, "-.", "probability"),
            array=None,
            template=True,
            depends=False,
        ),
        Map("hippocampus_distance", "Hippocampus distance", "baseline", GREY, "--", "mm", array=None, depends=False),
        Map(
            *("untrained", "Untrained network", "baseline", GREY, "-.", SHARE),
            "; the network is random, so this is chance",
            Method("integrated_gradients:IntegratedGradients", "integrated_gradients"),
        ),
    )
}
HEATMAPS = [name for name, record in MAPS.items() if record.family == "heatmap"]
# Made without any network: what any map of a brain overlaps with, and where a textbook would look.
INPUT_MAPS = [name for name, record in MAPS.items() if record.family == "baseline" and record.method is None]


def map_of(name: str) -> Map:
    """The record of a map; a map from elsewhere is called by its name and depends on no participant."""
    elsewhere = Map(name, name.replace("_", " "), "other", GREEN, "-", array=None, depends=False)
    return MAPS.get(name, elsewhere)


def family_of(name: str) -> str:
    """heatmap, tissue, baseline, or other for a map from elsewhere."""
    return map_of(name).family
