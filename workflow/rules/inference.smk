# inference: how sure the overlap is, of one map and of the difference of two.
from itertools import product

# Maps that depend on the subjects, so that an interval can be had; weights that are applied do not.
FIXED_WEIGHTS = [
    name for name in LINEAR_MAPS if config["external_validation"] and map_of(name).kind == "weights"
]
DRAWN = [name for name in MAPS if map_of(name).depends and name not in FIXED_WEIGHTS]
RECOVERY_BASELINES = ["mean_t1", "gm_probability", "t1_edges", "untrained"]  # fixed by decision 1
# Where intervals and the spatial null are asked for: the primary analysis, or every specification of the multiverse.
SWEEP = config["overlap"]["multiverse"]
INFERRED_CELLS = {
    "primary": [config["overlap"]["primary"]],
    "all": [dict(zip(SWEEP, cell, strict=True)) for cell in product(*SWEEP.values())],
}[config["overlap"]["inference"]]
DRAWS = expand(f"{RESULTS}/overlap/bootstrap/{{map}}.npz", map=DRAWN)


rule bootstrap_map:
    input:
        unpack(inputs_of_map),
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        gm_mask=GM_MASK,
        folds=f"{RESULTS}/classify/splits.tsv",
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
        reference_maps=REFERENCE_MAPS,
    output:
        draws=f"{RESULTS}/overlap/bootstrap/{{map}}.npz",
    log:
        f"{RESULTS}/overlap/logs/bootstrap_map/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/bootstrap_map/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/bootstrap_map.py"),
        space=SPACE,
        feature=feature_of_map,
        pooling=config["relevance"]["pooling"],
        normalisation=config["relevance"]["normalisation"],
        target=config["relevance"]["target"],
        references=REFERENCES,
        cells=INFERRED_CELLS,
        n_draws=config["overlap"]["n_bootstrap"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Subject bootstrap of the scores: {wildcards.map}"
    script:
        "../scripts/bootstrap_map.py"


rule draw_null:
    input:
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
        reference_maps=REFERENCE_MAPS,
    output:
        null=f"{RESULTS}/overlap/nulls/{{map}}.npz",
    log:
        f"{RESULTS}/overlap/logs/draw_null/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/draw_null/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        code=code_of("workflow/scripts/draw_null.py"),
        space=SPACE,
        references=REFERENCES,
        cells=INFERRED_CELLS,
        n_fields=config["overlap"]["n_surrogates"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Overlap of random fields as smooth as {wildcards.map}"
    script:
        "../scripts/draw_null.py"


rule compare_maps:
    input:
        scores=f"{RESULTS}/overlap/scores.tsv",
        retraining=f"{RESULTS}/overlap/retraining.tsv",
        draws=DRAWS,
    output:
        comparisons=f"{RESULTS}/overlap/comparisons.tsv",
        sidecar=f"{RESULTS}/overlap/comparisons.json",
    log:
        f"{RESULTS}/overlap/logs/compare_maps.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/compare_maps.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("workflow/scripts/compare_maps.py"),
        drawn=DRAWN,
        confidence=config["overlap"]["confidence"],
        compute_threads=config["compute_threads"],
    message:
        "Paired comparisons of all maps: {output.comparisons}"
    script:
        "../scripts/compare_maps.py"


rule judge_recovery:
    input:
        scores=f"{RESULTS}/overlap/scores.tsv",
        comparisons=f"{RESULTS}/overlap/comparisons.tsv",
    output:
        recovery=f"{RESULTS}/overlap/recovery.tsv",
        sidecar=f"{RESULTS}/overlap/recovery.json",
    log:
        f"{RESULTS}/overlap/logs/judge_recovery.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/judge_recovery.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/judge_recovery.py"),
        baselines=RECOVERY_BASELINES,
        unjudged=["hippocampus_distance"],
    message:
        "Which maps recover the known truth: {output.recovery}"
    script:
        "../scripts/judge_recovery.py"
