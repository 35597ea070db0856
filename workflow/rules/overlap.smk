# overlap: how well each map coincides with each reference.
PERMUTED = (
    f"{RESULTS}/overlap/permuted.tsv" if PERMUTATIONS and not config["external_validation"] and DRAWN else []
)
FOLD_HEATMAPS = expand(
    f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}.nii.gz",
    map=[name for name in EXPLAINED if name in MAPS],
    model=MODELS.networks,
    fold=FOLDS,
)


rule score_maps:
    input:
        images=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        sidecars=expand(f"{RESULTS}/relevance/{{map}}/group.json", map=MAPS),
        fold_images=[
            *FOLD_HEATMAPS,
            *(
                f"{RESULTS}/relevance/{name}/{map_of(name).estimator}/fold-{fold}.nii.gz"
                for name in LINEAR_MAPS
                if name in MAPS and name not in FIXED_WEIGHTS  # which stay where they were trained
                for fold in FOLDS
            ),
        ],
        seed_maps=[image.replace(".nii.gz", "_seeds.npy") for image in FOLD_HEATMAPS],
        draws=DRAWS,
        nulls=expand(rules.draw_null.output.null, map=MAPS),
        permuted=PERMUTED,
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
        reference_maps=REFERENCE_MAPS,
        reference_thresholds=REFERENCE_THRESHOLDS,
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
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/score_maps.py"),
        space=SPACE,
        maps=MAPS,
        drawn=DRAWN,
        references=REFERENCES,
        headline=config["overlap"]["primary"],
        sweep=config["overlap"]["multiverse"],
        confidence=config["overlap"]["confidence"],
        compute_threads=config["compute_threads"],
    message:
        "Scores of all maps: {output.scores}"
    script:
        "../scripts/score_maps.py"
