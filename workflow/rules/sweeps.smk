# sweeps: what the overlap depends on: the way heatmaps are pooled, the region, the size and severity of the cohort.
GROWTH = config["overlap"]["sample_size_curve"]
GROWING = DRAWN if GROWTH["fractions"] else []
SIMULATED_SEVERITY = f"{RESULTS}/cohort/severity.tsv" if config["cohort"]["source"] == "simulated" else []
SEVERITY = f"{RESULTS}/cohort/injection.tsv" if INJECTION else SIMULATED_SEVERITY
ATLAS_FILES = [
    path for path in config["overlap"]["atlas"].values() if path and not path.startswith("nilearn:")
]


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
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/score_variants.py"),
        space=SPACE,
        maps=EXPLAINED,
        references=REFERENCES,
        sweep=config["overlap"]["multiverse"],
        compute_threads=config["compute_threads"],
    message:
        "Overlap of the heatmaps pooled in every other way: {output.table}"
    script:
        "../scripts/score_variants.py"


rule tabulate_regions:
    input:
        images=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        brain_mask=BRAIN_MASK,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
    output:
        table=f"{RESULTS}/overlap/regions.tsv",
        sidecar=f"{RESULTS}/overlap/regions.json",
    log:
        f"{RESULTS}/overlap/logs/tabulate_regions.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/tabulate_regions.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        code=code_of("workflow/scripts/tabulate_regions.py"),
        space=SPACE,
        references=REFERENCES,
        maps=MAPS,
        headline=config["overlap"]["primary"],
        atlas=config["overlap"]["atlas"],
        compute_threads=config["compute_threads"],
    message:
        "Relevance and overlap in each region: {output.table}"
    script:
        "../scripts/tabulate_regions.py"


rule tabulate_growth:
    input:
        unpack(inputs_of_map),
        published=f"{RESULTS}/relevance/{{map}}/group.nii.gz",
        folds=f"{RESULTS}/classify/splits.tsv",
        severity=SEVERITY,
        gm_mask=GM_MASK,
        reference_masks=REFERENCE_MASKS,
        reference_sidecars=REFERENCE_SIDECARS,
    output:
        table=f"{RESULTS}/overlap/growth/{{map}}.tsv",
        sidecar=f"{RESULTS}/overlap/growth/{{map}}.json",
    log:
        f"{RESULTS}/overlap/logs/tabulate_growth/{{map}}.log",
    benchmark:
        f"{RESULTS}/overlap/benchmarks/tabulate_growth/{{map}}.tsv"
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        code=code_of("workflow/scripts/tabulate_growth.py"),
        space=SPACE,
        feature=feature_of_map,
        pooling=RELEVANCE["pooling"],
        normalisation=RELEVANCE["normalisation"],
        target=RELEVANCE["target"],
        references=REFERENCES,
        headline=config["overlap"]["primary"],
        fractions=GROWTH["fractions"],
        replicates=GROWTH["replicates"],
        seed=config["seed"],
        compute_threads=config["compute_threads"],
    message:
        "How the overlap of {wildcards.map} grows with the cohort"
    script:
        "../scripts/tabulate_growth.py"
