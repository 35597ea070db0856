# Input functions of maps: what each is made from, and with which settings.
from relmaps.classify.models import feature_of_model

EXPLAINED = [*HEATMAPS, "untrained"]
KEPT_SUBJECT_MAPS = HEATMAPS if config["relevance"]["keep_subject_maps"] else []


def feature_of_map(wildcards):
    return feature_behind(wildcards.map)


def feature_behind(name):
    """The cohort array behind a map."""
    array = map_of(name).array
    of_models = {kind: config["classify"][kind]["feature"] for kind in ("cnn", "linear")}
    return of_models.get(array, array) or "n/a"


def inputs_of_map(wildcards):
    """The files that relmaps.relevance.group.open_group_map needs for a map, by its argument names."""
    files = {"subjects": f"{RESULTS}/preprocess/subjects.tsv", "brain_mask": BRAIN_MASK}
    record = map_of(wildcards.map)
    if record.method:
        stem = f"{RESULTS}/relevance/{wildcards.map}/{{model}}/fold-{{fold}}_subjects"
        files["selection"] = f"{FINISHED}/classify/selection.tsv"
        files["subject_maps"] = expand(f"{stem}.npy", model=MODELS.networks, fold=FOLDS)
        files["subject_tables"] = expand(f"{stem}.tsv", model=MODELS.networks, fold=FOLDS)
    elif wildcards.map in config["relevance"]["external_maps"]:
        files["imported"] = f"{RESULTS}/relevance/{wildcards.map}/group.nii.gz"
    elif record.array:
        files["array"] = f"{RESULTS}/preprocess/arrays/{feature_of_map(wildcards)}.npy"
    if record.estimator:
        files |= inputs_of_linear_map(record.estimator, record.kind)
    if record.template:
        files["template_gm"] = TEMPLATE_GM
    return files


def inputs_of_linear_map(model, kind):
    """What a linear map is refitted from, or made from where finished models are applied."""
    if config["external_validation"] and kind == "pattern":
        return {"applied_scores": f"{RESULTS}/classify/applied.tsv"}
    if config["external_validation"]:
        return {"applied_weights": weight_maps_of(model)}
    return {
        "splits": f"{RESULTS}/classify/splits.tsv",
        "gram": f"{RESULTS}/classify/gram/{feature_of_model(model, config['classify'])}.npy",
        "linear_folds": f"{RESULTS}/classify/linear/{model}_folds.tsv",
    }


def tissue_inputs_of_permutation(wildcards):
    """What each linear map and VBM is made from on shuffled labels, beside subjects and brain mask."""
    run, linear = (
        f"{RESULTS}/permutations/{wildcards.permutation}/classify",
        config["classify"]["linear"]["feature"],
    )
    inputs = {"vbm_t": {"array": f"{RESULTS}/preprocess/arrays/{feature_behind('vbm_t')}.npy"}}
    for name in LINEAR_MAPS:
        inputs[name] = {
            "array": f"{RESULTS}/preprocess/arrays/{linear}.npy",
            "gram": f"{RESULTS}/classify/gram/{linear}.npy",
            "splits": f"{run}/splits.tsv",
            "linear_folds": f"{run}/linear/{map_of(name).estimator}_folds.tsv",
        }
    return inputs


def tissue_files_of_permutation(wildcards):
    files = {path for inputs in tissue_inputs_of_permutation(wildcards).values() for path in inputs.values()}
    return {"tissue": sorted(files)}


def inputs_of_linear_folds(wildcards):
    array = f"{RESULTS}/preprocess/arrays/{config['classify']['linear']['feature']}.npy"
    shared = {"subjects": f"{RESULTS}/preprocess/subjects.tsv", "brain_mask": BRAIN_MASK, "array": array}
    return shared | inputs_of_linear_map(wildcards.linear, wildcards.kind)


def weight_maps_of(model):
    """Negated weights of a linear model in each fold, of the study that trained it."""
    return expand(f"{FINISHED}/relevance/{model}_weights/{model}/fold-{{fold}}.nii.gz", fold=FOLDS)


def settings_of_method(wildcards):
    return method_settings(wildcards.map)


def method_settings(name):
    """The keyword arguments of a heatmap method."""
    return map_of(name).method.settings(config["relevance"])


def image_to_import(wildcards):
    return config["relevance"]["external_maps"][wildcards.map]["path"]


def polarity_to_import(wildcards):
    return config["relevance"]["external_maps"][wildcards.map]["polarity"]


def description_to_import(wildcards):
    return config["relevance"]["external_maps"][wildcards.map]["description"]
