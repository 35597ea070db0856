# classify: splits, networks and linear models. {run} is the study, or its classification on shuffled labels.
CNN = config["classify"]["cnn"]
LINEAR = config["classify"]["linear"]

VOXELS = voxels_at(config["preprocess"]["template"]["voxel_mm"])
WIDTH = max(map(width_of, MODELS.networks))
TRAINING_MB = training_mb(WIDTH, VOXELS, CNN["batch_size"])


rule make_splits:
    input:
        subjects="{run}/preprocess/subjects.tsv",
    output:
        splits="{run}/classify/splits.tsv",
        sidecar="{run}/classify/splits.json",
    log:
        "{run}/classify/logs/make_splits.log",
    benchmark:
        "{run}/classify/benchmarks/make_splits.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/make_splits.py"),
        folds=config["classify"]["folds"],
        validation_fraction=config["classify"]["validation_fraction"],
        group_by_site=config["classify"]["group_by_site"],
        seed=config["seed"],
        applied_folds=FOLDS if config["external_validation"] else None,
    message:
        "Folds and inner validation parts, stratified by label and balanced by age and sex: {output.splits}"
    script:
        "../scripts/make_splits.py"


rule audit_splits:
    input:
        splits="{run}/classify/splits.tsv",
        subjects="{run}/preprocess/subjects.tsv",
        qc=f"{RESULTS}/preprocess/qc.tsv",
    output:
        audit="{run}/classify/splits_audit.json",
    log:
        "{run}/classify/logs/audit_splits.log",
    benchmark:
        "{run}/classify/benchmarks/audit_splits.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/audit_splits.py"),
        by_site=config["classify"]["group_by_site"] and config["external_validation"] is None,
        everyone_tested=config["external_validation"] is not None,
    message:
        "No participant and no image is on two sides of a fold: {output.audit}"
    script:
        "../scripts/audit_splits.py"


rule train_cnn:
    input:
        subjects="{run}/preprocess/subjects.tsv",
        splits="{run}/classify/splits.tsv",
        audit="{run}/classify/splits_audit.json",
        images=array_of_network,
        brain_mask=BRAIN_MASK,
    output:
        weights="{run}/classify/cnn/{network}/fold-{fold}_seed-{seed}.safetensors",
        history="{run}/classify/cnn/{network}/fold-{fold}_seed-{seed}_history.tsv",
        predictions="{run}/classify/cnn/{network}/fold-{fold}_seed-{seed}_predictions.tsv",
    log:
        "{run}/classify/logs/train_cnn_{network}_fold-{fold}_seed-{seed}.log",
    benchmark:
        "{run}/classify/benchmarks/train_cnn_{network}_fold-{fold}_seed-{seed}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(TRAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/train_cnn.py"),
        architecture=architecture_of_network,
        feature=feature_of_network,
        recipe={key: value for key, value in CNN.items() if key not in ("feature", "architectures", "seeds")},
        seed=config["seed"],
        space=SPACE,
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        "Network {wildcards.network} trained on fold {wildcards.fold} with seed {wildcards.seed}: {output.weights}"
    script:
        "../scripts/train_cnn.py"


rule build_gram:
    input:
        images=f"{RESULTS}/preprocess/arrays/{{feature}}.npy",
    output:
        gram=f"{RESULTS}/classify/gram/{{feature}}.npy",
    log:
        f"{RESULTS}/classify/logs/build_gram-{{feature}}.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/build_gram-{{feature}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/build_gram.py"),
        compute_threads=config["compute_threads"],
    message:
        "Products of all pairs of scans, which every linear model of {wildcards.feature} is fitted from"
    script:
        "../scripts/build_gram.py"


rule fit_linear:
    input:
        subjects="{run}/preprocess/subjects.tsv",
        splits="{run}/classify/splits.tsv",
        audit="{run}/classify/splits_audit.json",
        gram=gram_of_linear,
    output:
        predictions="{run}/classify/linear/{linear}_predictions.tsv",
        folds="{run}/classify/linear/{linear}_folds.tsv",
    log:
        "{run}/classify/logs/fit_linear_{linear}.log",
    benchmark:
        "{run}/classify/benchmarks/fit_linear_{linear}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/fit_linear.py"),
        estimator=estimator_of,
        grid=LINEAR["c"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Linear model {wildcards.linear}, all folds, its penalty chosen within each: {output.predictions}"
    script:
        "../scripts/fit_linear.py"


rule fit_covariates:
    input:
        subjects="{run}/preprocess/subjects.tsv",
        splits="{run}/classify/splits.tsv",
        audit="{run}/classify/splits_audit.json",
    output:
        predictions="{run}/classify/linear/covariates_predictions.tsv",
    log:
        "{run}/classify/logs/fit_covariates.log",
    benchmark:
        "{run}/classify/benchmarks/fit_covariates.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/fit_covariates.py"),
        compute_threads=config["compute_threads"],
    message:
        "What age, sex and head size alone tell: {output.predictions}"
    script:
        "../scripts/fit_covariates.py"
