# permutations: the study's models and maps on shuffled labels, where there is nothing to learn.
PERMUTATIONS = CLASSIFY["permutations"]
TISSUE_MAPS = [*LINEAR_MAPS, "vbm_t"]


rule permute_labels:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
    output:
        subjects=f"{RESULTS}/permutations/{{permutation}}/preprocess/subjects.tsv",
        sidecar=f"{RESULTS}/permutations/{{permutation}}/preprocess/subjects.json",
    log:
        f"{RESULTS}/permutations/{{permutation}}/preprocess/logs/permute_labels.log",
    benchmark:
        f"{RESULTS}/permutations/{{permutation}}/preprocess/benchmarks/permute_labels.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/permute_labels.py"),
    message:
        "Labels shuffled with seed {wildcards.permutation}"
    script:
        "../scripts/permute_labels.py"


rule gather_null:
    input:
        performances=expand(f"{RESULTS}/permutations/{{seed}}/classify/performance.tsv", seed=PERMUTATIONS),
    output:
        null=f"{RESULTS}/classify/null.tsv",
        sidecar=f"{RESULTS}/classify/null.json",
    log:
        f"{RESULTS}/classify/logs/gather_null.log",
    benchmark:
        f"{RESULTS}/classify/benchmarks/gather_null.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/gather_null.py"),
        permutations=PERMUTATIONS,
    message:
        "Performance on shuffled labels: {output.null}"
    script:
        "../scripts/gather_null.py"


rule map_permutation:
    input:
        unpack(tissue_files_of_permutation),
        weights=expand(
            f"{RESULTS}/permutations/{{{{permutation}}}}/classify/cnn/{MODELS.networks[0]}/"
            f"fold-{{fold}}_seed-{CNN['seeds'][0]}.safetensors",
            fold=FOLDS,
        ),
        array=f"{RESULTS}/preprocess/arrays/{CNN['feature']}.npy",
        subjects=f"{RESULTS}/permutations/{{permutation}}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/permutations/{{permutation}}/classify/splits.tsv",
        brain_mask=BRAIN_MASK,
    output:
        maps=f"{RESULTS}/permutations/{{permutation}}/relevance/maps.npz",
    log:
        f"{RESULTS}/permutations/{{permutation}}/relevance/logs/map_permutation.log",
    benchmark:
        f"{RESULTS}/permutations/{{permutation}}/relevance/benchmarks/map_permutation.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(EXPLAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/map_permutation.py"),
        methods={name: method_settings(name) for name in HEATMAPS},
        tissue_inputs=tissue_inputs_of_permutation,
        tissue_features={name: feature_behind(name) for name in TISSUE_MAPS},
        space=SPACE,
        target=RELEVANCE["target"],
        pooling=RELEVANCE["pooling"],
        normalisation=RELEVANCE["normalisation"],
        seed=config["seed"],
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        "Group maps of models trained on labels shuffled with seed {wildcards.permutation}"
    script:
        "../scripts/map_permutation.py"


rule score_permutations:
    input:
        maps=expand(f"{RESULTS}/permutations/{{seed}}/relevance/maps.npz", seed=PERMUTATIONS),
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
        reference_maps=REFERENCE_MAPS,
    output:
        table=f"{RESULTS}/overlap/permuted.tsv",
        sidecar=f"{RESULTS}/overlap/permuted.json",
    log:
        f"{RESULTS}/overlap/logs/score_permutations.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_permutations.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/score_permutations.py"),
        permutations=PERMUTATIONS,
        space=SPACE,
        references=REFERENCES,
        headline=config["overlap"]["primary"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Overlap of the maps of models on shuffled labels: {output.table}"
    script:
        "../scripts/score_permutations.py"
