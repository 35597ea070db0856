# classify: splits, networks and linear models. {run} is the study, or a permutation of its labels.
CNN, LINEAR = CLASSIFY["cnn"], CLASSIFY["linear"]
RECIPE = {key: value for key, value in CNN.items() if key not in ("feature", "architectures", "seeds")}
PERMUTATION = f"{RESULTS}/permutations/{{permutation}}"


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
    resources:
        **LAYOUT.resources("make_splits"),
    params:
        code=hash_code("workflow/scripts/make_splits.py"),
        folds=CLASSIFY["folds"],
        validation_fraction=CLASSIFY["validation_fraction"],
        group_by_site=CLASSIFY["group_by_site"],
        seed=config["seed"],
        external_folds=FOLDS if LAYOUT.external else None,
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
    resources:
        **LAYOUT.resources("audit_splits"),
    params:
        code=hash_code("workflow/scripts/audit_splits.py"),
        by_site=CLASSIFY["group_by_site"] and not LAYOUT.external,
        everyone_tested=LAYOUT.external,
    message:
        "Check that no participant or image is in two parts of a fold: {output.audit}"
    script:
        "../scripts/audit_splits.py"


rule train_cnn:
    input:
        subjects="{run}/preprocess/subjects.tsv",
        splits="{run}/classify/splits.tsv",
        audit="{run}/classify/splits_audit.json",
        images=LAYOUT.network_array,
        brain_mask=LAYOUT.brain_mask,
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
    resources:
        **LAYOUT.resources("train_cnn"),
    params:
        **ON_DEVICE,
        code=hash_code("workflow/scripts/train_cnn.py"),
        architecture=LAYOUT.network_architecture,
        feature=LAYOUT.network_feature,
        recipe=RECIPE,
        seed=config["seed"],
        space=SPACE,
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
    resources:
        **LAYOUT.resources("build_gram"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/build_gram.py"),
    message:
        "Gram matrix of {wildcards.feature}, from which all linear models are fitted"
    script:
        "../scripts/build_gram.py"


rule fit_linear:
    input:
        subjects="{run}/preprocess/subjects.tsv",
        splits="{run}/classify/splits.tsv",
        audit="{run}/classify/splits_audit.json",
        gram=LAYOUT.linear_gram,
    output:
        predictions="{run}/classify/linear/{linear}_predictions.tsv",
        folds="{run}/classify/linear/{linear}_folds.tsv",
    log:
        "{run}/classify/logs/fit_linear_{linear}.log",
    benchmark:
        "{run}/classify/benchmarks/fit_linear_{linear}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("fit_linear"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/fit_linear.py"),
        estimator=LAYOUT.linear_estimator,
        grid=LINEAR["c"],
        seed=config["seed"],
    message:
        "Linear model {wildcards.linear} in all folds, with its penalty chosen in each: {output.predictions}"
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
    resources:
        **LAYOUT.resources("fit_covariates"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/fit_covariates.py"),
    message:
        "Confound model on age, sex and head size: {output.predictions}"
    script:
        "../scripts/fit_covariates.py"


rule gather_predictions:
    input:
        parts=LAYOUT.predictions,
    output:
        predictions="{run}/classify/predictions.tsv",
        sidecar="{run}/classify/predictions.json",
    log:
        "{run}/classify/logs/gather_predictions.log",
    benchmark:
        "{run}/classify/benchmarks/gather_predictions.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("gather_predictions"),
    params:
        code=hash_code("workflow/scripts/gather_predictions.py"),
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
    resources:
        **LAYOUT.resources("select_networks"),
    params:
        code=hash_code("workflow/scripts/select_networks.py"),
        networks=PLAN.models.networks,
    message:
        "The network of each fold, chosen on its validation part: {output.selection}"
    script:
        "../scripts/select_networks.py"


rule score_performance:
    input:
        predictions="{run}/classify/predictions.tsv",
        selection=LAYOUT.selection,
        platt=LAYOUT.linear_folds,
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
    resources:
        **LAYOUT.resources("score_performance"),
    params:
        **INTERVALS,
        code=hash_code("workflow/scripts/score_performance.py"),
        linear=[*PLAN.models.linear, *PLAN.models.confound_linear],
        features=LAYOUT.features(),
        cnn_feature=CNN["feature"],
        samples=CLASSIFY["n_bootstrap"],
    message:
        "Performance of all models with intervals: {output.performance}"
    script:
        "../scripts/score_performance.py"


rule compare_models:
    input:
        predictions="{run}/classify/predictions.tsv",
        selection=LAYOUT.selection,
    output:
        comparisons="{run}/classify/model_comparisons.tsv",
        sidecar="{run}/classify/model_comparisons.json",
    log:
        "{run}/classify/logs/compare_models.log",
    benchmark:
        "{run}/classify/benchmarks/compare_models.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("compare_models"),
    params:
        **INTERVALS,
        code=hash_code("workflow/scripts/compare_models.py"),
        samples=CLASSIFY["n_bootstrap"],
    message:
        "McNemar tests between models: {output.comparisons}"
    script:
        "../scripts/compare_models.py"


rule predict_external:
    input:
        subjects=SUBJECTS,
        splits=SPLITS,
        audit=f"{RESULTS}/classify/splits_audit.json",
        scans=f"{RESULTS}/cohort/scans.tsv",
        brain_mask=LAYOUT.brain_mask,
        images=LAYOUT.array(CNN["feature"]),
        linear_images=LAYOUT.array(LINEAR["feature"]),
        weights=LAYOUT.weights(LAYOUT.trained),
        linear_folds=expand(
            f"{LAYOUT.trained}/classify/linear/{{linear}}_folds.tsv", linear=PLAN.models.linear
        ),
        linear_weights=[path for model in PLAN.models.linear for path in LAYOUT.linear_weight_maps(model)],
        finished_array=f"{LAYOUT.trained}/preprocess/arrays/{LINEAR['feature']}.npy",
        finished_subjects=f"{LAYOUT.trained}/preprocess/subjects.tsv",
        finished_splits=f"{LAYOUT.trained}/classify/splits.tsv",
        finished_scans=f"{LAYOUT.trained}/cohort/scans.tsv",
        finished_mask=f"{LAYOUT.trained}/preprocess/template/{SPACE}_brain_mask.nii.gz",
    output:
        predictions=f"{RESULTS}/classify/external_predictions.tsv",
    log:
        f"{RESULTS}/classify/logs/predict_external.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/predict_external.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("predict_external"),
    params:
        **ON_DEVICE,
        code=hash_code("workflow/scripts/predict_external.py"),
        linear=PLAN.models.linear,
        folds=FOLDS,
        space=SPACE,
    message:
        f"External validation of the models of {LAYOUT.trained}: {{output.predictions}}"
    script:
        "../scripts/predict_external.py"


rule write_model_cards:
    input:
        subjects=SUBJECTS,
        splits=SPLITS,
        selection=f"{RESULTS}/classify/selection.tsv",
        performance=f"{RESULTS}/classify/performance.tsv",
        weights=LAYOUT.weights(RESULTS),
    output:
        cards=LAYOUT.cards,
    log:
        f"{RESULTS}/classify/logs/write_model_cards.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/write_model_cards.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("write_model_cards"),
    params:
        code=hash_code("workflow/scripts/write_model_cards.py"),
        folds=FOLDS,
        recipe=RECIPE,
        study=LAYOUT.facts(),
        confidence=OVERLAP["confidence"],
    message:
        "Model card of the network selected in each fold"
    script:
        "../scripts/write_model_cards.py"


rule permute_labels:
    input:
        subjects=SUBJECTS,
    output:
        subjects=f"{PERMUTATION}/preprocess/subjects.tsv",
        sidecar=f"{PERMUTATION}/preprocess/subjects.json",
    log:
        f"{PERMUTATION}/preprocess/logs/permute_labels.log",
    benchmark:
        f"{PERMUTATION}/preprocess/benchmarks/permute_labels.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("permute_labels"),
    params:
        code=hash_code("workflow/scripts/permute_labels.py"),
    message:
        "Labels permuted with seed {wildcards.permutation}"
    script:
        "../scripts/permute_labels.py"


rule gather_permutations:
    input:
        performances=expand(
            f"{RESULTS}/permutations/{{seed}}/classify/performance.tsv", seed=CLASSIFY["permutations"]
        ),
    output:
        null=f"{RESULTS}/classify/permutations.tsv",
        sidecar=f"{RESULTS}/classify/permutations.json",
    log:
        f"{RESULTS}/classify/logs/gather_permutations.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/gather_permutations.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("gather_permutations"),
    params:
        code=hash_code("workflow/scripts/gather_permutations.py"),
        permutations=CLASSIFY["permutations"],
    message:
        "Performance on permuted labels: {output.null}"
    script:
        "../scripts/gather_permutations.py"
