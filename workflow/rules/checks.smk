# checks: whether heatmaps depend on what was learnt, show what the network uses, and are stable; where maps lie. Of
# studies that train: applied networks were checked where they were trained.
CHECKS = config["relevance"]["checks"]
CHECKED_FOLDS = FOLDS[: CHECKS["folds"]]


rule check_heatmap:
    input:
        weights=expand(
            f"{RESULTS}/classify/cnn/{MODELS.networks[0]}/fold-{{fold}}_seed-{CNN['seeds'][0]}.safetensors",
            fold=CHECKED_FOLDS,
        ),
        array=f"{RESULTS}/preprocess/arrays/{CNN['feature']}.npy",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        splits=f"{RESULTS}/classify/splits.tsv",
        brain_mask=BRAIN_MASK,
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
        map="|".join(HEATMAPS),
    conda:
        "../../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=growing(EXPLAINING_MB),
        runtime=growing(240),
        gpu=1,
    params:
        code=code_of("workflow/scripts/check_heatmap.py"),
        space=SPACE,
        method=settings_of_method,
        folds=CHECKED_FOLDS,
        scans=CHECKS["scans"],
        replacing={key: CHECKS[key] for key in ("block_mm", "steps", "random_orders")},
        bootstrap_draws=config["overlap"]["bootstrap_draws"],
        confidence=config["overlap"]["confidence"],
        seed=config["seed"],
        device=config["device"],
        gpu_jobs_per_device=config["gpu_jobs_per_device"],
        compute_threads=config["compute_threads"],
    message:
        "Random weights, deletion and insertion: {wildcards.map}"
    script:
        "../scripts/check_heatmap.py"


rule tabulate_stability:
    input:
        group_maps=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        fold_maps=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}.nii.gz",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        seed_maps=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_seeds.npy",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        subject_tables=expand(
            f"{RESULTS}/relevance/{{map}}/{{model}}/fold-{{fold}}_subjects.tsv",
            map=EXPLAINED,
            model=MODELS.networks,
            fold=FOLDS,
        ),
        selection=f"{RESULTS}/classify/selection.tsv",
        brain_mask=BRAIN_MASK,
        gm=TEMPLATE_GM,
        wm=TEMPLATE_WM,
        csf=TEMPLATE_CSF,
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
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        code=code_of("workflow/scripts/tabulate_stability.py"),
        space=SPACE,
        maps=MAPS,
        heatmaps=EXPLAINED,
        models=MODELS.networks,
        folds=FOLDS,
        compute_threads=config["compute_threads"],
    message:
        "How alike heatmaps are between seeds, folds, architectures and methods, and where maps lie"
    script:
        "../scripts/tabulate_stability.py"


rule plot_sanity:
    input:
        randomisation=expand(f"{RESULTS}/relevance/{{map}}/randomisation.tsv", map=HEATMAPS),
    output:
        png=report(
            f"{FIGURES}/sanity.png",
            caption="../report/sanity.rst",
            category="Checks",
            labels={"shows": "Random weights"},
        ),
        svg=f"{FIGURES}/sanity.svg",
        pdf=f"{FIGURES}/sanity.pdf",
    log:
        f"{FIGURES}/logs/plot_sanity.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_sanity.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_sanity.py"),
    message:
        "Figure of how maps change when the network's weights are made random"
    script:
        "../scripts/plot_sanity.py"


rule plot_faithfulness:
    input:
        curves=expand(f"{RESULTS}/relevance/{{map}}/faithfulness.tsv", map=HEATMAPS),
        areas=expand(f"{RESULTS}/relevance/{{map}}/faithfulness_areas.tsv", map=HEATMAPS),
    output:
        png=report(
            f"{FIGURES}/faithfulness.png",
            caption="../report/faithfulness.rst",
            category="Checks",
            labels={"shows": "Deletion and insertion"},
        ),
        svg=f"{FIGURES}/faithfulness.svg",
        pdf=f"{FIGURES}/faithfulness.pdf",
    log:
        f"{FIGURES}/logs/plot_faithfulness.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_faithfulness.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_faithfulness.py"),
    message:
        "Figure of the network's evidence as parts of scans are deleted and inserted"
    script:
        "../scripts/plot_faithfulness.py"


rule plot_stability:
    input:
        stability=f"{RESULTS}/relevance/stability.tsv",
        agreement=f"{RESULTS}/relevance/agreement.tsv",
        location=f"{RESULTS}/relevance/location.tsv",
    output:
        png=report(
            f"{FIGURES}/stability.png",
            caption="../report/stability.rst",
            category="Checks",
            labels={"shows": "Stability and location"},
        ),
        svg=f"{FIGURES}/stability.svg",
        pdf=f"{FIGURES}/stability.pdf",
    log:
        f"{FIGURES}/logs/plot_stability.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_stability.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_stability.py"),
        maps=MAPS,
    message:
        "Figure of how alike maps are, and of where they lie"
    script:
        "../scripts/plot_stability.py"
