# overlap: overlap of each map with each reference, its uncertainty, and its dependence on choices.
DRAWS = expand(f"{RESULTS}/overlap/bootstrap/{{map}}.npz", map=LAYOUT.resampled)
CURVE = OVERLAP["sample_size_curve"]
FOLD_HEATMAPS = [name for name in LAYOUT.explained if name in MAPS]
FOLD_MAPS = [*LAYOUT.fold_files([*FOLD_HEATMAPS, *PLAN.contributions]), *LAYOUT.linear_fold_maps]


rule bootstrap_map:
    input:
        unpack(LAYOUT.map_inputs),
        **SCORING_MASKS,
        **REFERENCE_MAPS,
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        folds=SPLITS,
    output:
        samples=f"{RESULTS}/overlap/bootstrap/{{map}}.npz",
    log:
        f"{RESULTS}/overlap/logs/bootstrap_map/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/bootstrap_map/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("bootstrap_map"),
    params:
        **POOLING,
        **THREADS,
        code=hash_code("workflow/scripts/bootstrap_map.py"),
        space=SPACE,
        feature=LAYOUT.map_feature,
        references=REFERENCES,
        specifications=LAYOUT.inferred,
        n_bootstrap=OVERLAP["n_bootstrap"],
        seed=config["seed"],
    message:
        "Bootstrap of the scores over participants: {wildcards.map}"
    script:
        "../scripts/bootstrap_map.py"


rule score_surrogates:
    input:
        **SCORING_MASKS,
        **REFERENCE_MAPS,
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        brain_mask=LAYOUT.brain_mask,
    output:
        null=f"{RESULTS}/overlap/surrogates/{{map}}.npz",
    log:
        f"{RESULTS}/overlap/logs/score_surrogates/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_surrogates/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("score_surrogates"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/score_surrogates.py"),
        space=SPACE,
        references=REFERENCES,
        specifications=LAYOUT.inferred,
        n_surrogates=OVERLAP["n_surrogates"],
        seed=config["seed"],
    message:
        "Spatial null model of {wildcards.map}: overlap of surrogate maps"
    script:
        "../scripts/score_surrogates.py"


rule score_permutations:
    input:
        **SCORING_MASKS,
        **REFERENCE_MAPS,
        maps=expand(f"{RESULTS}/permutations/{{seed}}/relevance/maps.npz", seed=LAYOUT.permutations),
        brain_mask=LAYOUT.brain_mask,
    output:
        table=f"{RESULTS}/overlap/permuted.tsv",
        sidecar=f"{RESULTS}/overlap/permuted.json",
    log:
        f"{RESULTS}/overlap/logs/score_permutations.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_permutations.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("score_permutations"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/score_permutations.py"),
        permutations=LAYOUT.permutations,
        space=SPACE,
        references=REFERENCES,
        primary=OVERLAP["primary"],
        seed=config["seed"],
    message:
        "Overlap of the maps of models trained on permuted labels: {output.table}"
    script:
        "../scripts/score_permutations.py"


rule score_maps:
    input:
        **SCORING_MASKS,
        **REFERENCE_MAPS,
        **LAYOUT.reference_files(reference_thresholds="thresholds.npz"),
        images=LAYOUT.group_maps(),
        sidecars=LAYOUT.group_maps(suffix=".json"),
        fold_images=FOLD_MAPS,
        seed_maps=LAYOUT.fold_files(FOLD_HEATMAPS, "_seeds.npy"),
        samples=DRAWS,
        nulls=expand(f"{RESULTS}/overlap/surrogates/{{map}}.npz", map=MAPS),
        permuted=LAYOUT.permuted,
        brain_mask=LAYOUT.brain_mask,
    output:
        scores=f"{RESULTS}/overlap/scores.tsv",
        scores_sidecar=f"{RESULTS}/overlap/scores.json",
        curves=f"{RESULTS}/overlap/curves.tsv",
        curves_sidecar=f"{RESULTS}/overlap/curves.json",
        retraining=f"{RESULTS}/overlap/retraining.tsv",
        retraining_sidecar=f"{RESULTS}/overlap/retraining.json",
    log:
        f"{RESULTS}/overlap/logs/score_maps.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_maps.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("score_maps"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/score_maps.py"),
        space=SPACE,
        maps=MAPS,
        resampled=LAYOUT.resampled,
        references=REFERENCES,
        primary=OVERLAP["primary"],
        multiverse=OVERLAP["multiverse"],
        confidence=OVERLAP["confidence"],
    message:
        "Scores of all maps: {output.scores}"
    script:
        "../scripts/score_maps.py"


rule compare_maps:
    input:
        scores=f"{RESULTS}/overlap/scores.tsv",
        samples=DRAWS,
    output:
        comparisons=f"{RESULTS}/overlap/comparisons.tsv",
        sidecar=f"{RESULTS}/overlap/comparisons.json",
    log:
        f"{RESULTS}/overlap/logs/compare_maps.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/compare_maps.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("compare_maps"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/compare_maps.py"),
        resampled=LAYOUT.resampled,
        confidence=OVERLAP["confidence"],
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
    resources:
        **LAYOUT.resources("judge_recovery"),
    params:
        code=hash_code("workflow/scripts/judge_recovery.py"),
        baselines=["mean_t1", "gm_probability", "t1_edges", "untrained"],  # fixed by decision 1
        unjudged=["hippocampus_distance", "oracle"],
    message:
        "Which maps recover the ground truth: {output.recovery}"
    script:
        "../scripts/judge_recovery.py"


rule score_variants:
    input:
        **SCORING_MASKS,
        variants=expand(f"{RESULTS}/relevance/{{map}}/variants.npz", map=LAYOUT.pooled),
        brain_mask=LAYOUT.brain_mask,
    output:
        table=f"{RESULTS}/overlap/variants.tsv",
        sidecar=f"{RESULTS}/overlap/variants.json",
    log:
        f"{RESULTS}/overlap/logs/score_variants.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_variants.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("score_variants"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/score_variants.py"),
        space=SPACE,
        maps=LAYOUT.pooled,
        references=REFERENCES,
        multiverse=OVERLAP["multiverse"],
    message:
        "Overlap of participants' maps in the multiverse of targets and poolings: {output.table}"
    script:
        "../scripts/score_variants.py"


rule tabulate_regions:
    input:
        **SCORING_MASKS,
        images=LAYOUT.group_maps(),
        brain_mask=LAYOUT.brain_mask,
    output:
        table=f"{RESULTS}/overlap/regions.tsv",
        sidecar=f"{RESULTS}/overlap/regions.json",
    log:
        f"{RESULTS}/overlap/logs/tabulate_regions.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/tabulate_regions.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("tabulate_regions"),
    params:
        **THREADS,
        code=hash_code("workflow/scripts/tabulate_regions.py"),
        space=SPACE,
        references=REFERENCES,
        maps=MAPS,
        primary=OVERLAP["primary"],
        atlas=OVERLAP["atlas"],
    message:
        "Relevance and overlap in each region: {output.table}"
    script:
        "../scripts/tabulate_regions.py"


rule tabulate_sample_size_curve:
    input:
        unpack(LAYOUT.map_inputs),
        **SCORING_MASKS,
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        folds=SPLITS,
        severity=LAYOUT.severity,
    output:
        table=f"{RESULTS}/overlap/sample_size_curve/{{map}}.tsv",
        sidecar=f"{RESULTS}/overlap/sample_size_curve/{{map}}.json",
    log:
        f"{RESULTS}/overlap/logs/tabulate_sample_size_curve/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/tabulate_sample_size_curve/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    resources:
        **LAYOUT.resources("tabulate_sample_size_curve"),
    params:
        **POOLING,
        **THREADS,
        code=hash_code("workflow/scripts/tabulate_sample_size_curve.py"),
        space=SPACE,
        feature=LAYOUT.map_feature,
        references=REFERENCES,
        primary=OVERLAP["primary"],
        fractions=CURVE["fractions"],
        replicates=CURVE["replicates"],
        seed=config["seed"],
    message:
        "Sample-size curve of {wildcards.map}"
    script:
        "../scripts/tabulate_sample_size_curve.py"
