# overlap: how well each map coincides with each reference, how sure that is, and which maps differ.
from relmaps.plan import INPUT_MAPS

DRAWS = expand(f"{RESULTS}/overlap/bootstrap/{{map}}.npz", map=MAPS)


rule bootstrap_map:
    input:
        unpack(inputs_of_map),
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        gm_mask=GM_MASK,
        folds=f"{RESULTS}/classify/splits.tsv",
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
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
        mem_mb=4000,
        runtime=120,
    params:
        code=code_of("workflow/scripts/bootstrap_map.py"),
        space=SPACE,
        feature=feature_of_map,
        pooling=config["relevance"]["pooling"],
        normalisation=config["relevance"]["normalisation"],
        references=REFERENCES,
        headline=config["overlap"]["headline"],
        n_draws=config["overlap"]["bootstrap_draws"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "Subject bootstrap of the headline scores: {wildcards.map}"
    script:
        "../scripts/bootstrap_map.py"


rule score_maps:
    input:
        images=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        sidecars=expand(f"{RESULTS}/relevance/{{map}}/group.json", map=MAPS),
        fold_images=[
            *expand(
                f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}.nii.gz",
                map=EXPLAINED,
                model=MODELS.networks,
                fold=FOLDS,
            ),
            *(
                f"{RESULTS}/relevance/{name}/{name.split('_')[0]}/fold-{fold}.nii.gz"
                for name in LINEAR_MAPS
                for fold in FOLDS
                # weights that are applied stay where they were trained
                if not (config["apply"] and name.endswith("_weights"))
            ),
        ],
        draws=DRAWS,
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
    output:
        scores=f"{RESULTS}/overlap/scores.tsv",
        scores_sidecar=f"{RESULTS}/overlap/scores.json",
        curves=f"{RESULTS}/overlap/curves.tsv",
        curves_sidecar=f"{RESULTS}/overlap/curves.json",
    log:
        f"{RESULTS}/overlap/logs/score_maps.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_maps.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        code=code_of("workflow/scripts/score_maps.py"),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
        headline=config["overlap"]["headline"],
        sweep=config["overlap"]["sweep"],
        confidence=config["overlap"]["confidence"],
        compute_threads=config["compute_threads"],
    message:
        "Scores of all maps: {output.scores}"
    script:
        "../scripts/score_maps.py"


rule score_variants:
    input:
        variants=expand(f"{RESULTS}/relevance/{{map}}/variants.npz", map=EXPLAINED),
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
    output:
        table=f"{RESULTS}/overlap/variants.tsv",
        sidecar=f"{RESULTS}/overlap/variants.json",
    log:
        f"{RESULTS}/overlap/logs/score_variants.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/score_variants.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        code=code_of("workflow/scripts/score_variants.py"),
        space=SPACE,
        maps=EXPLAINED,
        references=REFERENCES,
        sweep=config["overlap"]["sweep"],
        compute_threads=config["compute_threads"],
    message:
        "Overlap of the heatmaps pooled in every other way: {output.table}"
    script:
        "../scripts/score_variants.py"


rule compare_maps:
    input:
        scores=f"{RESULTS}/overlap/scores.tsv",
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
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("workflow/scripts/compare_maps.py"),
        maps=MAPS,
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
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/judge_recovery.py"),
        baselines=[*INPUT_MAPS, "untrained"],
    message:
        "Which maps recover the known truth: {output.recovery}"
    script:
        "../scripts/judge_recovery.py"
