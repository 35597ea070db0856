# relevance: what the networks saw in held-out scans, and the baselines that the heatmaps are compared with.
EXPLAINING_MB = explaining_mb(WIDTH, VOXELS)
RELEVANCE = config["relevance"]
# The headline's first: networks that were not chosen are explained for it alone.
EXPLAINED_TARGETS = list(dict.fromkeys([RELEVANCE["target"], *RELEVANCE["multiverse"]["target"]]))


rule explain_cnn:
    input:
        weights=expand(
            f"{FINISHED}/classify/cnn/{{{{model}}}}/fold-{{{{fold}}}}_seed-{{seed}}.safetensors",
            seed=config["classify"]["cnn"]["seeds"],
        ),
        array=f"{RESULTS}/preprocess/arrays/{config['classify']['cnn']['feature']}.npy",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        selection=f"{FINISHED}/classify/selection.tsv",
        brain_mask=BRAIN_MASK,
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
        map="|".join(EXPLAINED),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(EXPLAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/explain_cnn.py"),
        space=SPACE,
        method=settings_of_method,
        targets=EXPLAINED_TARGETS,
        pooling=config["relevance"]["pooling"],
        normalisation=config["relevance"]["normalisation"],
        seed=config["seed"],
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        "Heatmaps of {wildcards.model} on the held-out scans of fold {wildcards.fold}: {wildcards.map}"
    script:
        "../scripts/explain_cnn.py"


rule map_linear_folds:
    input:
        unpack(inputs_of_linear_folds),
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
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/map_linear_folds.py"),
        space=SPACE,
        feature=config["classify"]["linear"]["feature"],
        compute_threads=config["compute_threads"],
    message:
        "Maps of {wildcards.linear} in each fold, fitted outside its test part: {wildcards.kind}"
    script:
        "../scripts/map_linear_folds.py"


rule pool_map:
    input:
        unpack(inputs_of_map),
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
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/pool_map.py"),
        space=SPACE,
        feature=feature_of_map,
        target=config["relevance"]["target"],
        pooling=config["relevance"]["pooling"],
        normalisation=config["relevance"]["normalisation"],
        compute_threads=config["compute_threads"],
    message:
        "Group map {wildcards.map} and what positive means in it"
    script:
        "../scripts/pool_map.py"


rule pool_variants:
    input:
        unpack(inputs_of_map),
    output:
        variants=f"{RESULTS}/relevance/{{map}}/variants.npz",
    log:
        f"{RESULTS}/relevance/logs/pool_variants/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/pool_variants/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(EXPLAINED),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/pool_variants.py"),
        space=SPACE,
        feature=feature_of_map,
        sweep=RELEVANCE["multiverse"],
        compute_threads=config["compute_threads"],
    message:
        "Group maps under every choice of target, pooling, normalisation and order: {wildcards.map}"
    script:
        "../scripts/pool_variants.py"


rule write_subject_maps:
    input:
        unpack(inputs_of_map),
    output:
        folder=directory(f"{RESULTS}/relevance/{{map}}/subjects"),
    log:
        f"{RESULTS}/relevance/logs/write_subject_maps/{{map}}.log",
    benchmark:
        f"{RESULTS}/relevance/benchmarks/write_subject_maps/{{map}}.tsv"
    wildcard_constraints:
        map="|".join(HEATMAPS),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/write_subject_maps.py"),
        space=SPACE,
        target=RELEVANCE["target"],
    message:
        "Heatmap of each held-out subject as an image: {wildcards.map}"
    script:
        "../scripts/write_subject_maps.py"
