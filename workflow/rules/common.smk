# What the rule files share: the validated configuration, paths, wildcards and input functions.
import re

from relmaps.study.code import code_of
from relmaps.study.config import load_config
from relmaps.io.errors import UserError
from relmaps.catalogue.controls import CONTROL_INPUTS, LINEAR_MODELS
from relmaps.catalogue.maps import map_of
from relmaps.catalogue.networks import NETWORKS, width_of
from relmaps.study.plan import disease_of, plan_study
from relmaps.io.resources import explaining_mb, growing, training_mb, voxels_at

try:
    load_config(config)
    PLAN = plan_study(config)
except UserError as error:
    raise WorkflowError(str(error)) from None

STUDY = config["study"]
RESULTS = config["redraw"] or f"results/{STUDY}"
SPACE = config["preprocess"]["template"]["space"]
FOLDS = [str(fold) for fold in range(1, config["classify"]["folds"] + 1)]
REFERENCES = PLAN.references
REFERENCE_MASKS = expand(f"{RESULTS}/reference/{{reference}}/mask.nii.gz", reference=REFERENCES)
REFERENCE_SIDECARS = expand(f"{RESULTS}/reference/{{reference}}/reference.json", reference=REFERENCES)
REFERENCE_MAPS = expand(f"{RESULTS}/reference/{{reference}}/map.nii.gz", reference=REFERENCES)
REFERENCE_THRESHOLDS = expand(f"{RESULTS}/reference/{{reference}}/thresholds.npz", reference=REFERENCES)
MODELS = PLAN.models
LINEAR_MAPS = PLAN.linear_maps
FINISHED = config["apply"] or RESULTS  # the study whose models are explained
HEATMAPS = config["relevance"]["methods"]
MAPS = PLAN.maps

# What almost every rule reads: the study's grid is that of its brain mask.
BRAIN_MASK = f"{RESULTS}/preprocess/template/{SPACE}_brain_mask.nii.gz"
GM_MASK = f"{RESULTS}/preprocess/template/{SPACE}_gm_mask.nii.gz"
TEMPLATE_T1 = f"{RESULTS}/preprocess/template/{SPACE}_T1w.nii.gz"
TEMPLATE_GM = f"{RESULTS}/preprocess/template/{SPACE}_GM_probseg.nii.gz"
TEMPLATE_WM = f"{RESULTS}/preprocess/template/{SPACE}_WM_probseg.nii.gz"
TEMPLATE_CSF = f"{RESULTS}/preprocess/template/{SPACE}_CSF_probseg.nii.gz"
TEMPLATE_IMAGES = [TEMPLATE_T1, TEMPLATE_GM, TEMPLATE_WM, TEMPLATE_CSF, BRAIN_MASK, GM_MASK]


wildcard_constraints:
    batch=r"\d+",
    fold=r"\d+",
    seed=r"\d+",
    # the study itself, or its classification on shuffled labels
    run=rf"{re.escape(RESULTS)}(?:/permutations/\d+)?",
    permutation=r"\d+",
    network=rf"(?:{'|'.join(NETWORKS)})(?:_(?:{'|'.join(CONTROL_INPUTS)}))?",
    linear=rf"(?:{'|'.join(LINEAR_MODELS)})(?:_(?:{'|'.join(CONTROL_INPUTS)}))?",
    model="|".join(NETWORKS),
    feature="|".join(config["preprocess"]["features"]),
    map=r"[a-z0-9_]+",
    reference=r"[a-z0-9_]+",
