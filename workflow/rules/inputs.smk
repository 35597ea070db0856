# Input functions of cohort, models and references: which files and values a job needs, by its wildcards. Rows are
# looked up, tables never scanned.
from dataclasses import astuple

from relmaps.catalogue.controls import control_parts
from relmaps.classify.models import feature_of_model
from relmaps.cohort.truth import truth_of


def dataset_of(wildcards):
    """The source's tables and scans; those of a simulated one are made by the simulation's jobs."""
    batches = [f"{RESULTS}/cohort/simulated/batch-{batch}.tsv" for batch in PLAN.simulation_batches]
    return [*PLAN.tables, *(batches or (scan.path for scan in PLAN.scans.values()))]


def simulated_scans_of(wildcards):
    """Position in the cohort and path of the scans that one simulation job makes; the position seeds the scan."""
    positions = {scan_id: number for number, scan_id in enumerate(PLAN.scans)}
    scans = PLAN.simulation_batches[wildcards.batch]
    return {scan.participant_id: (positions[scan.scan_id], scan.path) for scan in scans}


def folders_to_convert(wildcards):
    return [scan.path for scan in PLAN.conversions[wildcards.batch]]


def scans_to_convert(wildcards):
    """scan_id, folder of DICOM files and the NIfTI file to make."""
    return [
        [scan.scan_id, scan.path, f"{RESULTS}/cohort/converted/{scan.scan_id}_T1w.nii.gz"]
        for scan in PLAN.conversions[wildcards.batch]
    ]


def files_or_their_makers(scans, batch, steps):
    """Paths of scans; instead of those that a step before makes, the tables of the jobs that make them.

    A job cannot declare the scans it makes, since it must end well without a scan that is bad.
    """
    made = {scan.scan_id for planned, _ in steps for scan in planned.get(batch, [])}
    tables = [f"{RESULTS}/cohort/{name}/batch-{batch}.tsv" for planned, name in steps if batch in planned]
    return {"scans": [scan.path for scan in scans if scan.scan_id not in made], "prepared": tables}


def inputs_of_injection(wildcards):
    steps = [(PLAN.conversions, "converted")]
    return files_or_their_makers(PLAN.injections[wildcards.batch], wildcards.batch, steps)


def scans_to_inject(wildcards):
    """Scan and the file to make."""
    return [
        [list(astuple(scan)), f"{RESULTS}/cohort/injected/{scan.scan_id}_T1w.nii.gz"]
        for scan in PLAN.injections[wildcards.batch]
    ]


def raw_scans_of(wildcards):
    """The raw files of a batch, or the jobs that make them."""
    if PLAN.simulation_batches:
        made = [
            f"{RESULTS}/cohort/simulated/batch-{batch}.tsv" for batch in PLAN.simulated_with(wildcards.batch)
        ]
        return {"scans": made, "prepared": []}
    steps = [(PLAN.conversions, "converted"), (PLAN.injections, "injected")]
    return files_or_their_makers(PLAN.batches[wildcards.batch], wildcards.batch, steps)


def scans_of(wildcards):
    return [list(astuple(scan)) for scan in PLAN.batches[wildcards.batch]]


def rows_to_draw(wildcards):
    return [f"{RESULTS}/preprocess/qc/batch-{batch}.tsv" for batch in PLAN.pictures[wildcards.batch]]


def feature_of_network(wildcards):
    return feature_of_model(wildcards.network, config["classify"])


def architecture_of_network(wildcards):
    return control_parts(wildcards.network)[0]


def estimator_of(wildcards):
    return control_parts(wildcards.linear)[0]


def array_of_network(wildcards):
    return f"{RESULTS}/preprocess/arrays/{feature_of_network(wildcards)}.npy"


def gram_of_linear(wildcards):
    return f"{RESULTS}/classify/gram/{feature_of_model(wildcards.linear, config['classify'])}.npy"


def networks_of(run):
    """[network, fold, seed] of every training of a run; on shuffled labels the first of each alone."""
    seeds = config["classify"]["cnn"]["seeds"]
    if run == RESULTS:
        trained = [(name, seed) for name in MODELS.networks for seed in seeds]
    else:
        trained = [(MODELS.networks[0], seeds[0])]
    trained += [(name, seeds[0]) for name in MODELS.control_networks if run == RESULTS]
    return [[name, fold, str(seed)] for name, seed in trained for fold in FOLDS]


def predictions_of(wildcards):
    """Predictions of all models of a run, in one file per training or linear model."""
    if config["external_validation"]:
        return [f"{RESULTS}/classify/applied.tsv"]
    folder = f"{wildcards.run}/classify"
    return [
        *expand(
            f"{folder}/linear/{{linear}}_predictions.tsv", linear=[*MODELS.linear, *MODELS.control_linear]
        ),
        *expand(f"{folder}/linear/{{name}}_predictions.tsv", name=MODELS.covariates),
        *(
            f"{folder}/cnn/{network}/fold-{fold}_seed-{seed}_predictions.tsv"
            for network, fold, seed in networks_of(wildcards.run)
        ),
    ]


def platt_of(wildcards):
    """Tables with the folds of every linear model, which hold what turns its scores into probabilities."""
    folder = f"{FINISHED}/classify" if config["external_validation"] else f"{wildcards.run}/classify"
    return expand(f"{folder}/linear/{{linear}}_folds.tsv", linear=[*MODELS.linear, *MODELS.control_linear])


def selection_of(wildcards):
    return (
        f"{FINISHED}/classify/selection.tsv"
        if config["external_validation"]
        else f"{wildcards.run}/classify/selection.tsv"
    )


def facts_of_study():
    """What a model card tells of the study beside its tables."""
    return {
        "name": STUDY,
        "truth": truth_of(config),
        "labels_shuffled": config["classify"]["permute_labels"] is not None,
        "disease": config["cohort"]["labels"]["disease"],
        "control": config["cohort"]["labels"]["control"],
        "space": SPACE,
        "voxel_mm": config["preprocess"]["template"]["voxel_mm"],
        "preprocessing": config["preprocess"]["features"][config["classify"]["cnn"]["feature"]]
        | {"registration": config["preprocess"]["registration"]},
    }


def evidence_of(name):
    """What a reference is made from: foci as Sleuth text, or a map."""
    made = {
        "simulated": f"{RESULTS}/cohort/literature.txt",
        "neuroquery": f"{RESULTS}/reference/{name}/foci.txt",
    }
    return made.get(config["reference"][name]["source"], config["reference"][name]["path"])


def evidence_of_reference(wildcards):
    return evidence_of(wildcards.reference)


def settings_of_reference(wildcards):
    settings = config["reference"][wildcards.reference]
    sizes = settings["neuroquery"]["sample_size_sweep"] if settings["source"] == "neuroquery" else []
    used = {key: value for key, value in settings.items() if key not in ("path", "neuroquery")}
    return used | {"sample_sizes": sizes}


def files_of_neuroquery(wildcards):
    """The folder with the database, if there is one, and the list of tables that are allowed, if there is one."""
    settings = config["reference"][wildcards.reference]
    return {"folder": settings["path"] or [], "allow_list": settings["neuroquery"]["allow_list"] or []}


def rules_of_neuroquery(wildcards):
    settings = config["reference"][wildcards.reference]["neuroquery"]
    return {key: settings[key] for key in ("require", "exclude", "maximum_foci", "assumed_sample_size")}
