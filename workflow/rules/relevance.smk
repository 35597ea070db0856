# relevance: heatmaps of held-out scans, other maps, and the input-only baselines that all are compared with.
# The primary target first: networks that were not chosen are explained for it alone.
TARGETS = list(dict.fromkeys([RELEVANCE["target"], *RELEVANCE["multiverse"]["target"]]))
# Of heatmaps, in the first folds of studies that train; external validation does not repeat them.
CHECKS = RELEVANCE["checks"]
PERMUTATION = f"{RESULTS}/permutations/{{permutation}}"


rule explain_cnn:
    input:
        weights=expand(
            f"{LAYOUT.trained}/classify/cnn/{{{{model}}}}/fold-{{{{fold}}}}_seed-{{seed}}.safetensors",
            seed=CLASSIFY["cnn"]["seeds"],
        ),
        array=LAYOUT.array(CLASSIFY["cnn"]["feature"]),
        subjects=SUBJECTS,
        splits=SPLITS,
        selection=f"{LAYOUT.trained}/classify/selection.tsv",
        brain_mask=LAYOUT.brain_mask,
    output:
        fold_map=f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}.nii.gz",
        seed_maps=f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_seeds.npy",
        subject_maps=f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_subjects.npy",
        subject_table=f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_subjects.tsv",
    log:
        f"{RESULTS}/relevance/logs/explain_cnn/{{map}}_{{model}}_fold-{{fold}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/explain_cnn/{{map}}_{{model}}_fold-{{fold}}.tsv"
    wildcard_constraints:
        map="|".join(LAYOUT.explained),
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("explain_cnn"),
    params:
        **ON_DEVICE,
        code=hash_code("workflow/scripts/explain_cnn.py"),
        space=SPACE,
        method=LAYOUT.method,
        targets=TARGETS,
        pooling=RELEVANCE["pooling"],
        normalisation=RELEVANCE["normalisation"],
        seed=config["seed"],
    message:
        "Heatmaps of {wildcards.model} on the held-out scans of fold {wildcards.fold}: {wildcards.map}"
    script:
        "../scripts/explain_cnn.py"


rule map_linear_folds:
    input:
        unpack(LAYOUT.linear_fold_inputs),
    output:
        fold_maps=expand(
            f"{RESULTS}/relevance/{{{{linear}}}}_{{{{kind}}}}/{{{{linear}}}}/fold-{{fold}}.nii.gz",
            fold=FOLDS,
        ),
    log:
        f"{RESULTS}/relevance/logs/map_linear_folds/{{linear}}_{{kind}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/map_linear_folds/{{linear}}_{{kind}}.tsv"
    wildcard_constraints:
        kind="pattern|weights",
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("map_linear_folds"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/map_linear_folds.py"),
        space=SPACE,
        feature=CLASSIFY["linear"]["feature"],
    message:
        "Maps of {wildcards.linear} in each fold, fitted outside its test part: {wildcards.kind}"
    script:
        "../scripts/map_linear_folds.py"


rule explain_linear:
    input:
        unpack(LAYOUT.contribution_inputs),
        subjects=SUBJECTS,
        splits=SPLITS,
        brain_mask=LAYOUT.brain_mask,
    output:
        fold_maps=expand(
            f"{RESULTS}/relevance/{{{{linear}}}}_contribution/{{{{linear}}}}/fold-{{fold}}.nii.gz",
            fold=FOLDS,
        ),
        subject_maps=expand(
            f"{RESULTS}/relevance/{{{{linear}}}}_contribution/{{{{linear}}}}/fold-{{fold}}_subjects.npy",
            fold=FOLDS,
        ),
        subject_tables=expand(
            f"{RESULTS}/relevance/{{{{linear}}}}_contribution/{{{{linear}}}}/fold-{{fold}}_subjects.tsv",
            fold=FOLDS,
        ),
    log:
        f"{RESULTS}/relevance/logs/explain_linear/{{linear}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/explain_linear/{{linear}}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("explain_linear"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/explain_linear.py"),
        space=SPACE,
        folds=FOLDS,
        targets=TARGETS,
        pooling=RELEVANCE["pooling"],
        normalisation=RELEVANCE["normalisation"],
    message:
        "Contributions of each voxel to the decisions of {wildcards.linear} on held-out scans"
    script:
        "../scripts/explain_linear.py"


rule pool_map:
    input:
        unpack(LAYOUT.map_inputs),
    output:
        group=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        sidecar=f"{RESULTS}/relevance/{{map}}/group.json",
    log:
        f"{RESULTS}/relevance/logs/pool_map/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/pool_map/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(name for name in MAPS if name not in RELEVANCE["external_maps"]) or "(?!)",
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("pool_map"),
    params:
        **POOLING,
        **THREADS,
        code=hash_code("workflow/scripts/pool_map.py"),
        space=SPACE,
        feature=LAYOUT.map_feature,
        smoothing_mm=LAYOUT.map_smoothing,
    message:
        "Group map {wildcards.map}, with its polarity"
    script:
        "../scripts/pool_map.py"


rule pool_variants:
    input:
        unpack(LAYOUT.map_inputs),
    output:
        variants=f"{RESULTS}/relevance/{{map}}/variants.npz",
    log:
        f"{RESULTS}/relevance/logs/pool_variants/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/pool_variants/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(LAYOUT.pooled),
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("pool_variants"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/pool_variants.py"),
        space=SPACE,
        feature=LAYOUT.map_feature,
        multiverse=RELEVANCE["multiverse"],
    message:
        "Group maps in the multiverse of target, pooling, normalisation and order: {wildcards.map}"
    script:
        "../scripts/pool_variants.py"


rule write_subject_maps:
    input:
        unpack(LAYOUT.map_inputs),
    output:
        folder=directory(f"{RESULTS}/relevance/{{map}}/subjects"),
    log:
        f"{RESULTS}/relevance/logs/write_subject_maps/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/write_subject_maps/{{map}}.tsv"
    wildcard_constraints:
        map="|".join([*LAYOUT.heatmaps, *PLAN.contributions]),
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("write_subject_maps"),
    params:
        code=hash_code("workflow/scripts/write_subject_maps.py"),
        space=SPACE,
        target=RELEVANCE["target"],
    message:
        "Heatmap of each held-out participant as an image: {wildcards.map}"
    script:
        "../scripts/write_subject_maps.py"


rule resample_external_map:
    input:
        image=LAYOUT.external_map("path"),
        brain_mask=LAYOUT.brain_mask,
    output:
        group=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        sidecar=f"{RESULTS}/relevance/{{map}}/group.json",
    log:
        f"{RESULTS}/relevance/logs/resample_external_map/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/resample_external_map/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(RELEVANCE["external_maps"]) or "(?!)",
    conda:
        "../../envs/reference.yaml"
    resources:
        **LAYOUT.resources("resample_external_map"),
    params:
        code=hash_code("workflow/scripts/resample_external_map.py"),
        space=SPACE,
        polarity=LAYOUT.external_map("polarity"),
        affine=LAYOUT.external_map("affine"),
        description=LAYOUT.external_map("description"),
    message:
        "External map on the study's grid: {input.image}"
    script:
        "../scripts/resample_external_map.py"


rule map_permutation:
    input:
        tissue=LAYOUT.permuted_tissue_files,
        weights=LAYOUT.first_weights(PERMUTATION),
        array=LAYOUT.array(CLASSIFY["cnn"]["feature"]),
        subjects=f"{PERMUTATION}/preprocess/subjects.tsv",
        splits=f"{PERMUTATION}/classify/splits.tsv",
        brain_mask=LAYOUT.brain_mask,
    output:
        maps=f"{PERMUTATION}/relevance/maps.npz",
    log:
        f"{PERMUTATION}/relevance/logs/map_permutation.log",
    benchmark:
        f"{PERMUTATION}/relevance/benchmarks/map_permutation.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("map_permutation"),
    params:
        **POOLING,
        **ON_DEVICE,
        code=hash_code("workflow/scripts/map_permutation.py"),
        methods={name: LAYOUT.method_settings(name) for name in LAYOUT.heatmaps},
        tissue_inputs=LAYOUT.permuted_tissue_inputs,
        tissue_features={name: LAYOUT.feature_behind(name) for name in LAYOUT.tissue_maps},
        contributions=PLAN.contributions,
        space=SPACE,
        seed=config["seed"],
    message:
        "Group maps of models trained on labels permuted with seed {wildcards.permutation}"
    script:
        "../scripts/map_permutation.py"


rule check_heatmap:
    input:
        weights=LAYOUT.first_weights(RESULTS, FOLDS[: CHECKS["folds"]]),
        array=LAYOUT.array(CLASSIFY["cnn"]["feature"]),
        subjects=SUBJECTS,
        splits=SPLITS,
        brain_mask=LAYOUT.brain_mask,
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
        map="|".join(LAYOUT.heatmaps),
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("check_heatmap"),
    params:
        **ON_DEVICE,
        code=hash_code("workflow/scripts/check_heatmap.py"),
        space=SPACE,
        method=LAYOUT.method,
        folds=FOLDS[: CHECKS["folds"]],
        scans=CHECKS["scans"],
        replacing={key: CHECKS[key] for key in ("block_mm", "steps", "random_orders")},
        bootstrap_draws=OVERLAP["n_bootstrap"],
        confidence=OVERLAP["confidence"],
        seed=config["seed"],
    message:
        "Parameter randomisation, deletion and insertion: {wildcards.map}"
    script:
        "../scripts/check_heatmap.py"


rule tabulate_stability:
    input:
        group_maps=LAYOUT.group_maps(),
        fold_maps=LAYOUT.fold_files(LAYOUT.explained),
        seed_maps=LAYOUT.fold_files(LAYOUT.explained, "_seeds.npy"),
        subject_tables=LAYOUT.fold_files(LAYOUT.explained, "_subjects.tsv"),
        selection=f"{RESULTS}/classify/selection.tsv",
        brain_mask=LAYOUT.brain_mask,
        gm=LAYOUT.gm,
        wm=LAYOUT.wm,
        csf=LAYOUT.csf,
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
    resources:
        **LAYOUT.resources("tabulate_stability"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/tabulate_stability.py"),
        space=SPACE,
        maps=MAPS,
        heatmaps=LAYOUT.explained,
        models=PLAN.models.networks,
        folds=FOLDS,
    message:
        "Correlation of heatmaps between seeds, folds, architectures and methods, and location of all maps"
    script:
        "../scripts/tabulate_stability.py"
