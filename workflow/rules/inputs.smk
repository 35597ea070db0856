# Input functions: which files and values a job needs, by its wildcards. Rows are looked up, tables never scanned.
from dataclasses import astuple

from relmaps.plan import SVM_MAPS

EXPLAINED = [*HEATMAPS, "untrained"]


def dataset_of(wildcards):
    """The dataset's table and scans; those of a simulated one are made by the simulation's jobs."""
    if not PLAN.simulation_batches:
        return [f"{PLAN.dataset}/participants.tsv", *(scan.path for scan in PLAN.scans.values())]
    batches = [f"{RESULTS}/cohort/simulated/batch-{batch}.tsv" for batch in PLAN.simulation_batches]
    return [f"{PLAN.dataset}/participants.tsv", *batches]


def simulated_scans_of(wildcards):
    """Position in the cohort and path of the scans that one simulation job makes; the position seeds the scan."""
    positions = {scan_id: number for number, scan_id in enumerate(PLAN.scans)}
    scans = PLAN.simulation_batches[wildcards.batch]
    return {scan.participant_id: (positions[scan.scan_id], scan.path) for scan in scans}


def raw_scans_of(wildcards):
    """The raw files of a batch, or the simulation jobs that make them."""
    if not PLAN.simulation_batches:
        return [scan.path for scan in PLAN.batches[wildcards.batch]]
    return [f"{RESULTS}/cohort/simulated/batch-{batch}.tsv" for batch in PLAN.simulated_with(wildcards.batch)]


def scans_of(wildcards):
    return [list(astuple(scan)) for scan in PLAN.batches[wildcards.batch]]


def feature_of_map(wildcards):
    """The cohort array behind a map; VBM is defined on modulated grey matter."""
    cnn, svm = config["classify"]["cnn"]["feature"], config["classify"]["svm"]["feature"]
    others = {"vbm_t": "gm_modulated", "mean_t1": "t1_syn", "t1_edges": "t1_syn", "gm_probability": "n/a"}
    return others.get(wildcards.map, svm if wildcards.map in SVM_MAPS else cnn)


def inputs_of_map(wildcards):
    """The files that relmaps.relevance.group.open_group_map needs for a map, by its argument names."""
    files = {"subjects": f"{RESULTS}/preprocess/subjects.tsv", "brain_mask": BRAIN_MASK}
    if wildcards.map in EXPLAINED:
        stem = f"{RESULTS}/relevance/{wildcards.map}/{{model}}/fold-{{fold}}_subjects"
        files["selection"] = f"{RESULTS}/classify/selection.tsv"
        files["subject_maps"] = expand(f"{stem}.npy", model=ARCHITECTURES, fold=FOLDS)
        files["subject_tables"] = expand(f"{stem}.tsv", model=ARCHITECTURES, fold=FOLDS)
    elif wildcards.map == "gm_probability":
        files["template_gm"] = TEMPLATE_GM
    else:
        files["array"] = f"{RESULTS}/preprocess/arrays/{feature_of_map(wildcards)}.npy"
        if wildcards.map in SVM_MAPS:
            files["splits"] = f"{RESULTS}/classify/splits.tsv"
    return files


def settings_of_method(wildcards):
    """The keys of a heatmap method in the configuration; the untrained network is explained by integrated gradients."""
    method = "integrated_gradients" if wildcards.map == "untrained" else wildcards.map
    return config["relevance"].get(method, {})


def evidence_of_meta_analysis(wildcards):
    """The simulated literature, or the Sleuth file or map that the configuration names."""
    if config["reference"]["meta_analysis"]["source"] == "simulated":
        return f"{RESULTS}/cohort/literature.txt"
    return config["reference"]["meta_analysis"]["path"]
