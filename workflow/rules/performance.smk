# classify: what the models are worth on held-out participants, and how that compares with controls and with chance.
CLASSIFY = config["classify"]
MAIN_TRAININGS = [row for row in networks_of(RESULTS) if row[0] in MODELS.networks]
SCORED = [*MODELS.linear, *MODELS.control_linear, *MODELS.control_networks]


rule gather_predictions:
    input:
        parts=predictions_of,
    output:
        predictions="{run}/classify/predictions.tsv",
        sidecar="{run}/classify/predictions.json",
    log:
        "{run}/classify/logs/gather_predictions.log",
    benchmark:
        "{run}/classify/benchmarks/gather_predictions.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/gather_predictions.py"),
    message:
        "Held-out predictions of all models: {output.predictions}"
    script:
        "../scripts/gather_predictions.py"


rule select_networks:
    input:
        predictions="{run}/classify/predictions.tsv",
    output:
        selection="{run}/classify/selection.tsv",
    log:
        "{run}/classify/logs/select_networks.log",
    benchmark:
        "{run}/classify/benchmarks/select_networks.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/select_networks.py"),
        networks=MODELS.networks,
    message:
        "The network of each fold, chosen on its validation part: {output.selection}"
    script:
        "../scripts/select_networks.py"


rule score_performance:
    input:
        predictions="{run}/classify/predictions.tsv",
        selection=selection_of,
        platt=platt_of,
    output:
        performance="{run}/classify/performance.tsv",
        sidecar="{run}/classify/performance.json",
        calibration="{run}/classify/calibration.tsv",
        calibration_sidecar="{run}/classify/calibration.json",
        variability="{run}/classify/variability.tsv",
        variability_sidecar="{run}/classify/variability.json",
    log:
        "{run}/classify/logs/score_performance.log",
    benchmark:
        "{run}/classify/benchmarks/score_performance.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/score_performance.py"),
        linear=[*MODELS.linear, *MODELS.control_linear],
        features={name: feature_of_model(name, CLASSIFY) for name in SCORED}
        | dict.fromkeys(MODELS.covariates, "n/a"),
        cnn_feature=CLASSIFY["cnn"]["feature"],
        draws=CLASSIFY["n_bootstrap"],
        confidence=config["overlap"]["confidence"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Performance of all models with intervals: {output.performance}"
    script:
        "../scripts/score_performance.py"


rule compare_models:
    input:
        predictions="{run}/classify/predictions.tsv",
        selection=selection_of,
    output:
        comparisons="{run}/classify/model_comparisons.tsv",
        sidecar="{run}/classify/model_comparisons.json",
    log:
        "{run}/classify/logs/compare_models.log",
    benchmark:
        "{run}/classify/benchmarks/compare_models.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/compare_models.py"),
        draws=CLASSIFY["n_bootstrap"],
        confidence=config["overlap"]["confidence"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "McNemar tests between models: {output.comparisons}"
    script:
        "../scripts/compare_models.py"


rule apply_models:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        audit=f"{RESULTS}/classify/splits_audit.json",
        scans=f"{RESULTS}/cohort/scans.tsv",
        brain_mask=BRAIN_MASK,
        images=f"{RESULTS}/preprocess/arrays/{CLASSIFY['cnn']['feature']}.npy",
        linear_images=f"{RESULTS}/preprocess/arrays/{CLASSIFY['linear']['feature']}.npy",
        weights=[
            f"{FINISHED}/classify/cnn/{network}/fold-{fold}_seed-{seed}.safetensors"
            for network, fold, seed in MAIN_TRAININGS
        ],
        linear_folds=expand(f"{FINISHED}/classify/linear/{{linear}}_folds.tsv", linear=MODELS.linear),
        linear_weights=[path for model in MODELS.linear for path in weight_maps_of(model)],
        finished_array=f"{FINISHED}/preprocess/arrays/{CLASSIFY['linear']['feature']}.npy",
        finished_subjects=f"{FINISHED}/preprocess/subjects.tsv",
        finished_splits=f"{FINISHED}/classify/splits.tsv",
        finished_scans=f"{FINISHED}/cohort/scans.tsv",
        finished_mask=f"{FINISHED}/preprocess/template/{SPACE}_brain_mask.nii.gz",
    output:
        predictions=f"{RESULTS}/classify/applied.tsv",
    log:
        f"{RESULTS}/classify/logs/apply_models.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/apply_models.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(TRAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/apply_models.py"),
        linear=MODELS.linear,
        folds=FOLDS,
        space=SPACE,
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        f"Models of {FINISHED} on scans that they have never seen: {{output.predictions}}"
    script:
        "../scripts/apply_models.py"


rule write_model_cards:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        selection=f"{RESULTS}/classify/selection.tsv",
        performance=f"{RESULTS}/classify/performance.tsv",
        weights=[
            f"{RESULTS}/classify/cnn/{network}/fold-{fold}_seed-{seed}.safetensors"
            for network, fold, seed in MAIN_TRAININGS
        ],
    output:
        cards=expand(f"{RESULTS}/classify/cards/fold-{{fold}}.md", fold=FOLDS),
    log:
        f"{RESULTS}/classify/logs/write_model_cards.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/write_model_cards.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/write_model_cards.py"),
        folds=FOLDS,
        recipe={key: value for key, value in CNN.items() if key not in ("feature", "architectures", "seeds")},
        study=facts_of_study(),
        confidence=config["overlap"]["confidence"],
    message:
        "A card for the network chosen in each fold: what it is, what it is worth, what it is not for"
    script:
        "../scripts/write_model_cards.py"
