"""Every map that a study can make: what it is made from, and what its values mean.

One record per map. Names, families, the configuration's list of methods, the inputs of rules and the text of sidecars
are derived from these records; titles and colours lie in looks.yaml. External maps have no record; `find_map`
makes one for them.
"""

from dataclasses import dataclass

from relmaps.catalogue.estimators import ESTIMATORS

SHARE, SLOPE = "logit per voxel", "logit per unit of the scaled input"
RISING = "; of the value where the voxel rises, whatever it is now"
TURNED = "; turned round for a subject whose explained value is negative"
# Kind of a linear model's map -> what positive means, and the units.
LINEAR_KINDS = {
    "pattern": (
        "positive = {{less}} where the {model} sees disease",
        "negative activation pattern: units of the feature per unit of the {output}",
    ),
    "weights": (
        "positive = {{less}} counts as evidence for disease",
        "negative weight: {output} per unit of the feature",
    ),
}
CONTRIBUTION = "contribution"  # the kind of linear maps that each held-out participant has, like a heatmap


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

    family : heatmap, tissue, baseline, ceiling, or other. units : of the values of one participant's map, or of the
    group map. note : of a map that each participant has, what to add to the sentence that says what positive means.
    polarity, target, pooling, normalisation : of any other map, entries of its sidecar; {less} stands for what there is
    less of in its feature, {folds} for how a linear model comes to its folds. method : of a heatmap. counterpart : of
    a heatmap, the kind that it would be of if the network were linear, such as weights for a gradient; empty where
    there is none. estimator, kind : of a linear model's map, such as svm and pattern. A map with neither is made by the
    file of its name in relmaps/relevance/model_free/, unless it is made from predictions.
    array : the cohort array that it is made from; `cnn` and `linear` stand for that of these models, None for none.
    template : whether it is made from the template's grey matter. truth : from the ground truth, without which there is
    no such map. splits : whether it is made from the subjects outside each fold's test part. predictions : from the
    networks' predictions of held-out subjects. depends : on the study's participants.
    """

    name: str
    family: str
    units: str = "arbitrary"
    note: str = ""
    polarity: str = ""
    target: str = "n/a"
    pooling: str = "n/a"
    normalisation: str = "n/a"
    method: Method | None = None
    counterpart: str = ""
    estimator: str | None = None
    kind: str | None = None
    array: str | None = "cnn"
    template: bool = False
    truth: bool = False
    splits: bool = False
    predictions: bool = False
    depends: bool = True

    @property
    def linear(self) -> bool:
        """Whether it is the map of a linear model."""
        return self.estimator is not None

    @property
    def of_participants(self) -> bool:
        """Whether each held-out participant has a map, which are pooled to the group map."""
        return self.method is not None or self.kind == CONTRIBUTION


LRP = ("epsilon", "batchnorm")


def _heatmap(name: str, method: Method, units: str = "arbitrary", note: str = "", counterpart: str = "") -> Map:
    return Map(name, "heatmap", units, note, method=method, counterpart=counterpart)


def _linear(estimator: str, kind: str) -> Map:
    known = ESTIMATORS[estimator]
    polarity, units = (text.format(model=known.model, output=known.output) for text in LINEAR_KINDS[kind])
    return Map(
        *(f"{estimator}_{kind}", "tissue", units),
        polarity=polarity,
        target=f"{known.output} of the {known.model}",
        pooling="mean over folds, each {folds}",
        normalisation="none",
        estimator=estimator,
        kind=kind,
        array="linear",
    )


def _contribution(estimator: str) -> Map:
    """Counterpart of gradient x input: weight times difference from the training mean, for each held-out participant.

    Of the family of its model. Its values mean what a heatmap's mean, and are pooled like one's.
    """
    known = ESTIMATORS[estimator]
    return Map(
        *(f"{estimator}_{CONTRIBUTION}", "tissue", f"{known.output} per voxel"),
        target=f"{known.output} of the {known.model}",
        estimator=estimator,
        kind=CONTRIBUTION,
        array="linear",
    )


MAPS = {
    record.name: record
    for record in (
        _heatmap("lrp", Method("lrp:Lrp", "lrp", ("beta", *LRP)), SHARE, TURNED),
        _heatmap("lrp_epsilon", Method("lrp:LrpEpsilon", "lrp", LRP), SHARE, TURNED),
        _heatmap("lrp_gamma", Method("lrp:LrpGamma", "lrp", ("gamma", *LRP)), SHARE, TURNED),
        _heatmap("lrp_composite", Method("lrp:LrpComposite", "lrp", ("gamma", *LRP)), SHARE, TURNED),
        _heatmap(
            *(
                "integrated_gradients",
                Method("integrated_gradients:IntegratedGradients", "integrated_gradients"),
                SHARE,
            ),
            counterpart=CONTRIBUTION,
        ),
        _heatmap(
            "expected_gradients",
            Method("expected_gradients:ExpectedGradients", "expected_gradients"),
            SHARE,
            counterpart=CONTRIBUTION,
        ),
        _heatmap("guided_gradcam", Method("guided_gradcam:GuidedGradCam")),
        _heatmap("gradcam", Method("gradcam:GradCam"), note="; never negative"),
        _heatmap(
            "guided_backprop", Method("guided_backprop:GuidedBackprop"), note=RISING + ", by paths that raise it alone"
        ),
        _heatmap("gradient", Method("gradient:Gradient"), SLOPE, RISING, "weights"),
        _heatmap("gradient_x_input", Method("gradient_x_input:GradientTimesInput"), SHARE, counterpart=CONTRIBUTION),
        _heatmap("smoothgrad", Method("smoothgrad:SmoothGrad", "smoothgrad"), SLOPE, RISING, "weights"),
        _heatmap(
            "occlusion",
            Method("occlusion:Occlusion", "occlusion"),
            "logit lost when the patch around the voxel is filled",
        ),
        _heatmap(
            "region_occlusion",
            Method("region_occlusion:RegionOcclusion", "region_occlusion"),
            "logit lost when the voxel's region is filled",
        ),
        *(_linear(estimator, kind) for estimator in ESTIMATORS for kind in LINEAR_KINDS),
        *map(_contribution, ESTIMATORS),
        # Of the family of VBM: a linear model of the tissue at each voxel, by the network's output instead of the
        # diagnosis. No participant has such a map, so it is no heatmap.
        Map(
            *("cnn_pattern", "tissue"),
            "negative activation pattern: units of the feature per standard deviation of the logit difference",
            polarity="positive = {less} where the network sees disease",
            target="logit of disease minus logit of control",
            pooling="mean over folds, each of its held-out subjects",
            normalisation="none",
            kind="pattern",
            predictions=True,
        ),
        Map(
            *("vbm_t", "tissue", "negative t of disease"),
            polarity="positive = {less} in disease",
            target="disease",
            pooling="all subjects",
            normalisation="none",
            array="gm_modulated",
        ),
        Map(
            *("mean_difference", "tissue", "negative difference of the class means: units of the feature"),
            polarity="positive = {less} in disease",
            target="disease",
            pooling="mean over folds, each of the subjects outside its test part (of all where each fold tests all)",
            normalisation="none",
            array="linear",
            splits=True,
        ),
        Map(
            *("mean_t1", "baseline", "T1 signal"),
            polarity="positive = brighter T1 signal",
            pooling="mean of all subjects",
            normalisation="none",
            array="t1_syn",
        ),
        Map(
            *("t1_edges", "baseline", "T1 signal per mm"),
            polarity="positive = stronger edge of the mean T1",
            pooling="mean of all subjects",
            normalisation="none",
            array="t1_syn",
        ),
        Map(
            *("gm_probability", "baseline", "probability"),
            polarity="positive = more grey matter in the template",
            array=None,
            template=True,
            depends=False,
        ),
        Map(
            *("hippocampus_distance", "baseline", "mm"),
            polarity="positive = nearer to the centre of a hippocampus than the farthest voxel of the brain",
            array=None,
            depends=False,
        ),
        Map(
            *("untrained", "baseline", SHARE, "; the network is random, so this is chance"),
            method=Method("integrated_gradients:IntegratedGradients", "integrated_gradients"),
        ),
        Map(
            *("oracle", "ceiling", "share of the voxel's volume, smoothed"),
            polarity="positive = grey matter is lost in disease, by the ground truth",
            target="ground truth",
            normalisation="none",
            array=None,
            truth=True,
            depends=False,
        ),
    )
}
HEATMAPS = [name for name, record in MAPS.items() if record.family == "heatmap"]
PREDICTION_MAPS = [name for name, record in MAPS.items() if record.predictions]
TRUTH_MAPS = [name for name, record in MAPS.items() if record.truth]
# Made without any model that was trained, in every study; of these, the baselines show what any map of a brain overlaps
# with, and where a textbook would look.
MODEL_FREE = [
    name
    for name, record in MAPS.items()
    if record.method is None and record.estimator is None and name not in {*PREDICTION_MAPS, *TRUTH_MAPS}
]
TISSUE_MAPS = [name for name in MODEL_FREE if MAPS[name].family == "tissue"]
INPUT_MAPS = [name for name in MODEL_FREE if MAPS[name].family == "baseline"]


def find_map(name: str) -> Map:
    """The record of a map; an external map depends on no participant."""
    elsewhere = Map(
        *(name, "other", "as in the source"), polarity="positive = as its source says", array=None, depends=False
    )
    return MAPS.get(name, elsewhere)


def find_family(name: str) -> str:
    """heatmap, tissue, baseline, ceiling, or other for an external map."""
    return find_map(name).family
