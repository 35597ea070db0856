# checks: whether heatmaps depend on what was learnt, show what the network uses, and are stable; where maps lie. Of
# studies that train: applied networks were checked where they were trained.
CHECKS = config["relevance"]["checks"]
CHECKED_FOLDS = FOLDS[: CHECKS["folds"]]


rule check_heatmap:
    input:
        weights=expand(
            f"{RESULTS}/classify/cnn/{MODELS.networks[0]}/fold-{{fold}}_seed-{CNN['seeds'][0]}.safetensors",
            fold=CHECKED_FOLDS,
        ),
        array=f"{RESULTS}/preprocess/arrays/{CNN['feature']}.npy",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        brain_mask=BRAIN_MASK,
    output:
        randomisation=f"{RESULTS}/relevance/{{map}}/randomisation.tsv",
        randomisation_sidecar=f"{RESULTS}/relevance/{{map}}/randomisation.json",
        faithfulness=f"{RESULTS}/relevance/{{map}}/faithfulness.tsv",
        faithfulness_sidecar=f"{RESULTS}/relevance/{{map}}/faithfulness.json",
        areas=f"{RESULTS}/relevance/{{map}}/faithfulness_areas.tsv",
        areas_sidecar=f"{RESULTS}/relevance/{{map}}/faithfulness_areas.json",
    log:
        f"{RESULTS}/relevance/logs/check_heatmap/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/check_heatmap/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(HEATMAPS),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(EXPLAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/check_heatmap.py"),
        space=SPACE,
        method=settings_of_method,
        folds=CHECKED_FOLDS,
        scans=CHECKS["scans"],
        replacing={key: CHECKS[key] for key in ("block_mm", "steps", "random_orders")},
        bootstrap_draws=config["overlap"]["n_bootstrap"],
        confidence=config["overlap"]["confidence"],
        seed=config["seed"],
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        "Random weights, deletion and insertion: {wildcards.map}"
    script:
        "../scripts/check_heatmap.py"


rule tabulate_stability:
    input:
        group_maps=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        fold_maps=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}.nii.gz",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        seed_maps=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_seeds.npy",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        subject_tables=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_subjects.tsv",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        selection=f"{RESULTS}/classify/selection.tsv",
        brain_mask=BRAIN_MASK,
        gm=TEMPLATE_GM,
        wm=TEMPLATE_WM,
        csf=TEMPLATE_CSF,
    output:
        stability=f"{RESULTS}/relevance/stability.tsv",
        stability_sidecar=f"{RESULTS}/relevance/stability.json",
        agreement=f"{RESULTS}/relevance/agreement.tsv",
        agreement_sidecar=f"{RESULTS}/relevance/agreement.json",
        location=f"{RESULTS}/relevance/location.tsv",
        location_sidecar=f"{RESULTS}/relevance/location.json",
    log:
        f"{RESULTS}/relevance/logs/tabulate_stability.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/tabulate_stability.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/tabulate_stability.py"),
        space=SPACE,
        maps=MAPS,
        heatmaps=EXPLAINED,
        models=MODELS.networks,
        folds=FOLDS,
        compute_threads=config["compute_threads"],
    message:
        "How alike heatmaps are between seeds, folds, architectures and methods, and where maps lie"
    script:
        "../scripts/tabulate_stability.py"
