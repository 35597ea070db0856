"""Where the files of a study lie, and what its jobs read: the shared values and input functions of the rules.

`make_layout` chooses between a study that trains its models and one that takes those of a finished study.
"""

from collections.abc import Iterable
from itertools import product
from pathlib import Path

from relmaps.catalogue.figures import FIGURES, Figure
from relmaps.catalogue.maps import PREDICTION_MAPS, TISSUE_MAPS, find_map
from relmaps.catalogue.models import find_model
from relmaps.catalogue.networks import find_width
from relmaps.catalogue.references import REFERENCE_SOURCES, TRUTH
from relmaps.catalogue.resources import find_request
from relmaps.classify.models import feature_of_model
from relmaps.cohort.truth import find_truth
from relmaps.io.resources import explaining_mb, growing, training_mb, voxels_at
from relmaps.study.plan import Plan

Files = dict[str, str | list[str]]  # inputs of a job by name


class Layout:
    """A study that trains its models.

    Parameters
    ----------
    config : validated configuration.
    plan : of the same study.

    Attributes
    ----------
    results : folder of the study, or of the finished one whose figures are drawn again.
    trained : folder of the study whose models are explained.
    tissues : the template's probabilities of GM, WM and CSF; template : these, its T1 image and its two masks.
    heatmaps : maps that are made of networks; explained : these and the map of untrained networks; pooled : these and
    the contributions to linear models, all maps that each held-out participant has.
    trainings : network, fold and seed of each network whose maps are made.
    resampled : maps that depend on participants, so that they have a bootstrap interval.
    tissue_maps : maps that label permutations make anew without explaining a network.
    inferred : choices of sign, smoothing and mask for which there are intervals and a spatial null model.
    """

    external = False

    def __init__(self, config: dict, plan: Plan) -> None:
        self.config, self.plan = config, plan
        classify, relevance, overlap = config["classify"], config["relevance"], config["overlap"]
        self.results = config["redraw"] or f"results/{config['study']}"
        self.trained = self.results
        self.notes: str | list[str] = f"{self.results}/cohort/notes.tsv"
        if config["redraw"] and not Path(self.results, "cohort/notes.tsv").is_file():
            self.notes = []  # a finished study of an earlier version has none
        self.folds = [str(fold) for fold in range(1, classify["folds"] + 1)]

        template = f"{self.results}/preprocess/template/{config['preprocess']['template']['space']}"
        self.t1, self.brain_mask, self.gm_mask = (
            f"{template}_{name}.nii.gz" for name in ("T1w", "brain_mask", "gm_mask")
        )
        self.tissues = [f"{template}_{tissue}_probseg.nii.gz" for tissue in ("GM", "WM", "CSF")]
        self.gm, self.wm, self.csf = self.tissues
        self.template = [self.t1, *self.tissues, self.brain_mask, self.gm_mask]

        width = max(map(find_width, plan.models.networks))
        voxels = voxels_at(config["preprocess"]["template"]["voxel_mm"])
        self.memory = {
            "training": training_mb(width, voxels, classify["cnn"]["batch_size"]),
            "explaining": explaining_mb(width, voxels),
        }
        self.heatmaps = relevance["methods"]
        self.explained = [*self.heatmaps, "untrained"]
        self.pooled = [*self.explained, *plan.contributions]
        self.linear_fold_maps = self._linear_fold_maps()
        self.resampled = [name for name in plan.maps if find_map(name).depends and self._refitted(name)]
        self.tissue_maps = [*plan.linear_maps, *PREDICTION_MAPS, *TISSUE_MAPS]
        self.trainings = [row for row in self.networks(self.results) if row[0] in plan.models.networks]
        choices = overlap["multiverse"]
        self.inferred = {
            "primary": [overlap["primary"]],
            "all": [dict(zip(choices, chosen, strict=True)) for chosen in product(*choices.values())],
        }[overlap["inference"]]
        self.permutations = classify["permutations"]
        self.permuted = f"{self.results}/overlap/permuted.tsv" if self.permutations and self.resampled else []
        self.curve_maps = self.resampled if overlap["sample_size_curve"]["fractions"] else []
        self.kept_subject_maps = [*self.heatmaps, *plan.contributions] if relevance["keep_subject_maps"] else []
        self.cards = [] if self.external else [f"{self.results}/classify/cards/fold-{fold}.md" for fold in self.folds]
        simulated = f"{self.results}/cohort/severity.tsv" if config["cohort"]["source"] == "simulated" else []
        synthetic = config["cohort"]["synthetic_atrophy"] is not None
        self.severity = f"{self.results}/cohort/synthetic_atrophy.tsv" if synthetic else simulated
        conditions = {
            None: True,
            "truth": TRUTH in plan.references,
            "sample_size_curve": bool(self.curve_maps),
            "training": not self.external,
        }
        self.figures = [name for name, record in FIGURES.items() if conditions[record.needs]]

    # Models.

    def features(self) -> dict[str, str]:
        """The cohort array that each model sees but the networks; n/a for a model of covariates."""
        models = self.plan.models
        shown = [*models.linear, *models.confound_linear, *models.confound_networks]
        arrays = {model: feature_of_model(model, self.config["classify"]) for model in shown}
        return arrays | dict.fromkeys(models.covariates, "n/a")

    def network_feature(self, wildcards) -> str:
        return feature_of_model(wildcards.network, self.config["classify"])

    def network_architecture(self, wildcards) -> str:
        return find_model(wildcards.network).base

    def network_array(self, wildcards) -> str:
        return self.array(self.network_feature(wildcards))

    def linear_estimator(self, wildcards) -> str:
        return find_model(wildcards.linear).base

    def linear_gram(self, wildcards) -> str:
        return self.gram(feature_of_model(wildcards.linear, self.config["classify"]))

    def networks(self, run: str) -> list[list[str]]:
        """[network, fold, seed] of every training of a run; on permuted labels the first of each alone."""
        models, seeds = self.plan.models, self.config["classify"]["cnn"]["seeds"]
        if run != self.results:
            trained = [(models.networks[0], seeds[0])]
        else:
            trained = [(name, seed) for name in models.networks for seed in seeds]
            trained += [(name, seeds[0]) for name in models.confound_networks]
        return [[name, fold, str(seed)] for name, seed in trained for fold in self.folds]

    def weights(self, folder: str, trainings: Iterable[list[str]] | None = None) -> list[str]:
        """Networks in the folder of a study; all whose maps are made unless `trainings` names some."""
        rows = self.trainings if trainings is None else trainings
        return [f"{folder}/classify/cnn/{network}/fold-{fold}_seed-{seed}.safetensors" for network, fold, seed in rows]

    def first_weights(self, folder: str, folds: Iterable[str] | None = None) -> list[str]:
        """The first architecture's network with the first seed in each fold."""
        network, seed = self.plan.models.networks[0], self.config["classify"]["cnn"]["seeds"][0]
        return self.weights(folder, [[network, fold, seed] for fold in folds or self.folds])

    def predictions(self, wildcards) -> list[str]:
        """Predictions of all models of a run, in one file per training or linear model."""
        folder, models = f"{wildcards.run}/classify", self.plan.models
        linear = [*models.linear, *models.confound_linear, *models.covariates]
        return [
            *(f"{folder}/linear/{name}_predictions.tsv" for name in linear),
            *(
                f"{folder}/cnn/{network}/fold-{fold}_seed-{seed}_predictions.tsv"
                for network, fold, seed in self.networks(wildcards.run)
            ),
        ]

    def linear_folds(self, wildcards) -> list[str]:
        """Tables with the folds of every linear model, which hold what turns its scores into probabilities."""
        return self._linear_folds(f"{wildcards.run}/classify")

    def selection(self, wildcards) -> str:
        return f"{wildcards.run}/classify/selection.tsv"

    def facts(self) -> dict:
        """What a model card says of the study beside its tables."""
        config = self.config
        preprocess, labels = config["preprocess"], config["cohort"]["labels"]
        return {
            "name": config["study"],
            "truth": find_truth(config),
            "labels_shuffled": config["classify"]["permute_labels"] is not None,
            "disease": labels["disease"],
            "control": labels["control"],
            "space": preprocess["template"]["space"],
            "voxel_mm": preprocess["template"]["voxel_mm"],
            "preprocessing": preprocess["features"][config["classify"]["cnn"]["feature"]]
            | {"registration": preprocess["registration"]},
        }

    # Maps.

    def array(self, feature: str) -> str:
        return f"{self.results}/preprocess/arrays/{feature}.npy"

    def gram(self, feature: str) -> str:
        return f"{self.results}/classify/gram/{feature}.npy"

    def group_maps(self, names: Iterable[str] | None = None, suffix: str = ".nii.gz") -> list[str]:
        """Group maps, of all maps unless named."""
        chosen = self.plan.maps if names is None else names
        return [f"{self.results}/relevance/{name}/group{suffix}" for name in chosen]

    def fold_files(self, maps: Iterable[str], suffix: str = ".nii.gz") -> list[str]:
        """What each model and fold gives for maps of participants: maps, or what else the suffix names."""
        models = {name: [find_map(name).estimator] for name in self.plan.contributions}
        return [
            f"{self.results}/relevance/{name}/{model}/fold-{fold}{suffix}"
            for name in maps
            for model, fold in product(models.get(name, self.plan.models.networks), self.folds)
        ]

    def map_feature(self, wildcards) -> str:
        return self.feature_behind(wildcards.map)

    def feature_behind(self, name: str) -> str:
        """The cohort array behind a map."""
        array = find_map(name).array
        if array in ("cnn", "linear"):
            return self.config["classify"][array]["feature"]
        return array or "n/a"

    def method(self, wildcards) -> dict:
        return self.method_settings(wildcards.map)

    def method_settings(self, name: str) -> dict:
        """The keyword arguments of a heatmap method."""
        method = find_map(name).method
        assert method is not None
        return method.settings(self.config["relevance"])

    def map_inputs(self, wildcards) -> Files:
        """The files that relmaps.relevance.group.open_group_map needs for a map, by its argument names."""
        name, record = wildcards.map, find_map(wildcards.map)
        files: Files = {"subjects": f"{self.results}/preprocess/subjects.tsv", "brain_mask": self.brain_mask}
        if record.method or record.predictions:
            files["selection"] = f"{self.trained}/classify/selection.tsv"
        if record.of_participants:
            files["subject_maps"] = self.fold_files([name], "_subjects.npy")
            files["subject_tables"] = self.fold_files([name], "_subjects.tsv")
        elif name in self.config["relevance"]["external_maps"]:
            (files["external"],) = self.group_maps([name])
        elif record.array:
            files["array"] = self.array(self.feature_behind(name))
        if name in self.plan.linear_maps:
            files |= self._linear_inputs(str(record.estimator), str(record.kind))
        if record.predictions:
            files["predictions"] = f"{self.results}/classify/predictions.tsv"
        if record.truth:
            files["truth"] = f"{self.results}/cohort/truth.nii.gz"
        if record.splits:
            files["splits"] = f"{self.results}/classify/splits.tsv"
        if record.template:
            files["template_gm"] = self.gm
        return files

    def linear_fold_inputs(self, wildcards) -> Files:
        shared: Files = {
            "subjects": f"{self.results}/preprocess/subjects.tsv",
            "brain_mask": self.brain_mask,
            "array": self.array(self.config["classify"]["linear"]["feature"]),
        }
        return shared | self._linear_inputs(wildcards.linear, wildcards.kind)

    def contribution_inputs(self, wildcards) -> Files:
        """What the contributions to a linear model's decisions are made from."""
        feature = self.config["classify"]["linear"]["feature"]
        return {
            "weights": self.linear_weight_maps(wildcards.linear),
            "linear_folds": f"{self.trained}/classify/linear/{wildcards.linear}_folds.tsv",
            "predictions": f"{self.results}/classify/predictions.tsv",
            "array": self.array(feature),
            "trained_array": f"{self.trained}/preprocess/arrays/{feature}.npy",
            "trained_subjects": f"{self.trained}/preprocess/subjects.tsv",
            "trained_splits": f"{self.trained}/classify/splits.tsv",
        }

    def map_smoothing(self, wildcards) -> float:
        """FWHM in mm with which a map made from the ground truth is smoothed, that of the linear models' feature."""
        if not find_map(wildcards.map).truth:
            return 0
        return self.config["preprocess"]["features"][self.config["classify"]["linear"]["feature"]]["smoothing_mm"]

    def linear_weight_maps(self, model: str) -> list[str]:
        """Negated weights of a linear model in each fold, of the study that trained it."""
        return [f"{self.trained}/relevance/{model}_weights/{model}/fold-{fold}.nii.gz" for fold in self.folds]

    def external_map(self, key: str):
        """An input function: the value of a key of the external map's settings."""
        return lambda wildcards: self.config["relevance"]["external_maps"][wildcards.map].get(key)

    def permuted_tissue_inputs(self, wildcards) -> dict[str, dict[str, str]]:
        """What each tissue map is made from on permuted labels, beside subjects and brain mask."""
        run = f"{self.results}/permutations/{wildcards.permutation}/classify"
        feature = self.config["classify"]["linear"]["feature"]
        inputs = {name: {"array": self.array(self.feature_behind(name))} for name in (*PREDICTION_MAPS, *TISSUE_MAPS)}
        for name in PREDICTION_MAPS:
            inputs[name] |= {"predictions": f"{run}/predictions.tsv", "selection": f"{run}/selection.tsv"}
        for name in TISSUE_MAPS:
            if find_map(name).splits:
                inputs[name]["splits"] = f"{run}/splits.tsv"
        for name in self.plan.linear_maps:
            inputs[name] = {
                "array": self.array(feature),
                "gram": self.gram(feature),
                "splits": f"{run}/splits.tsv",
                "linear_folds": f"{run}/linear/{find_map(name).estimator}_folds.tsv",
            }
        return inputs

    def permuted_tissue_files(self, wildcards) -> list[str]:
        inputs = self.permuted_tissue_inputs(wildcards).values()
        return sorted({path for files in inputs for path in files.values()})

    # References.

    def reference_files(self, **names: str) -> dict[str, list[str]]:
        """The file of such a name of every reference, by the name of the input."""
        folders = [f"{self.results}/reference/{reference}" for reference in self.plan.references]
        return {key: [f"{folder}/{name}" for folder in folders] for key, name in names.items()}

    def evidence(self, name: str) -> str:
        """What a reference is made from: foci as Sleuth text, or a map."""
        settings = self.config["reference"][name]
        return REFERENCE_SOURCES[settings["source"]].evidence(name, settings, self.results)

    def reference_evidence(self, wildcards) -> str:
        return self.evidence(wildcards.reference)

    def reference_settings(self, wildcards) -> dict:
        settings = self.config["reference"][wildcards.reference]
        return REFERENCE_SOURCES[settings["source"]].settings(settings)

    def neuroquery_files(self, wildcards) -> dict[str, str | list]:
        """The folder with the database, if there is one, and the list of tables that are allowed, if there is one."""
        settings = self.config["reference"][wildcards.reference]
        return {"folder": settings["path"] or [], "allow_list": settings["neuroquery"]["allow_list"] or []}

    def neuroquery_rules(self, wildcards) -> dict:
        settings = self.config["reference"][wildcards.reference]["neuroquery"]
        return {key: settings[key] for key in ("require", "exclude", "maximum_foci", "assumed_sample_size")}

    # Figures and resources.

    def figure_inputs(self, record: Figure) -> Files:
        """Files that a figure is drawn from; the lists are those that relmaps/catalogue/figures.yaml names."""
        lists = {
            "heatmaps": self.heatmaps,
            "curve_maps": self.curve_maps,
            "histories": [f"{network}/fold-{fold}_seed-{seed}" for network, fold, seed in self.trainings],
            "permutations": ["permutations"] if self.permutations else [],
        }
        return record.files(self.results, lists)

    def figure_settings(self, record: Figure) -> dict:
        values = {
            "maps": self.plan.maps,
            "references": self.plan.references,
            "exclude_on": self.config["preprocess"]["exclude_on"],
            "trainings": self.trainings,
        }
        return {key: values[key] for key in record.settings}

    def resources(self, rule: str) -> dict:
        """What a job of a rule asks of the machine, growing with its attempts."""
        request = find_request(rule)
        memory = request.mem_mb if isinstance(request.mem_mb, int) else self.memory[request.mem_mb]
        asked = {"mem_mb": growing(memory), "runtime": growing(request.minutes)}
        return asked | ({"gpu": request.gpu} if request.gpu else {})

    # What a study with the models of another does otherwise.

    def _linear_folds(self, folder: str) -> list[str]:
        models = self.plan.models
        return [f"{folder}/linear/{name}_folds.tsv" for name in (*models.linear, *models.confound_linear)]

    def _linear_inputs(self, model: str, kind: str) -> Files:
        """What a linear map is refitted from."""
        return {
            "splits": f"{self.results}/classify/splits.tsv",
            "gram": self.gram(feature_of_model(model, self.config["classify"])),
            "linear_folds": f"{self.results}/classify/linear/{model}_folds.tsv",
        }

    def _refitted(self, name: str) -> bool:
        """Whether a map that depends on participants depends on those of this study."""
        return True

    def _linear_fold_maps(self) -> list[str]:
        names = [name for name in self.plan.linear_maps if name in self.plan.maps and self._refitted(name)]
        return [
            f"{self.results}/relevance/{name}/{find_map(name).estimator}/fold-{fold}.nii.gz"
            for name, fold in product(names, self.folds)
        ]


class ExternalLayout(Layout):
    """A study of scans that take the models of a finished study: nothing is trained, and every scan is a test."""

    external = True

    def __init__(self, config: dict, plan: Plan) -> None:
        super().__init__(config, plan)
        self.trained = config["external_validation"]

    def predictions(self, wildcards) -> list[str]:
        return [f"{self.results}/classify/external_predictions.tsv"]

    def linear_folds(self, wildcards) -> list[str]:
        return self._linear_folds(f"{self.trained}/classify")

    def selection(self, wildcards) -> str:
        return f"{self.trained}/classify/selection.tsv"

    def _linear_inputs(self, model: str, kind: str) -> Files:
        """What a linear map is made from where finished models are applied."""
        if kind == "pattern":
            return {"external_scores": f"{self.results}/classify/external_predictions.tsv"}
        return {"external_weights": self.linear_weight_maps(model)}

    def _refitted(self, name: str) -> bool:
        return find_map(name).kind != "weights"


def make_layout(config: dict, plan: Plan) -> Layout:
    return (ExternalLayout if config["external_validation"] else Layout)(config, plan)
