# What the rule files share: the validated configuration, paths, values and wildcards. Every job has one thread,
# Snakemake's default: more jobs, not more threads, use more cores.
import re

from relmaps.catalogue.models import names_of
from relmaps.catalogue.networks import NETWORKS
from relmaps.io.errors import UserError
from relmaps.study.batches import Batches
from relmaps.study.code import hash_code
from relmaps.study.config import load_config
from relmaps.study.layout import make_layout
from relmaps.study.plan import plan_study

try:
    load_config(config)
    PLAN = plan_study(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

LAYOUT = make_layout(config, PLAN)
STUDY, RESULTS = config["study"], LAYOUT.results
BATCHES = Batches(RESULTS, PLAN)
SPACE = config["preprocess"]["template"]["space"]
FOLDS, MAPS, REFERENCES = LAYOUT.folds, PLAN.maps, PLAN.references
CLASSIFY, RELEVANCE, OVERLAP = config["classify"], config["relevance"], config["overlap"]

# Inputs and parameters that rules share.
SUBJECTS = f"{RESULTS}/preprocess/subjects.tsv"
SPLITS = f"{RESULTS}/classify/splits.tsv"
REFERENCE_MASKS = LAYOUT.reference_files(reference_masks="mask.nii.gz", reference_sidecars="reference.json")
REFERENCE_MAPS = LAYOUT.reference_files(reference_maps="map.nii.gz")
SCORING_MASKS = {"gm_mask": LAYOUT.gm_mask, "gm_probability": LAYOUT.gm, **REFERENCE_MASKS}
THREADS = {"compute_threads": config["compute_threads"]}
ON_DEVICE = {key: config[key] for key in ("device", "gpu_jobs_per_device", "compute_threads")}
POOLING = {key: RELEVANCE[key] for key in ("target", "pooling", "normalisation")}
INTERVALS = {"seed": config["seed"], "confidence": OVERLAP["confidence"], **THREADS}


wildcard_constraints:
    batch=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    # the study itself, or a permutation of its labels
    run=rf"{re.escape(RESULTS)}(?:/permutations/\d+)?",
    permutation=r"\d+",
    network="|".join(names_of("network")),
    linear="|".join(names_of("linear")),
    model="|".join(NETWORKS),
    feature="|".join(config["preprocess"]["features"]),
    map=r"[a-z0-9_]+",
    reference=r"[a-z0-9_]+",
