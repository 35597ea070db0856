# preprocess: raw scans to tissue maps in template space, quality control, and one array per feature.
PREPROCESS = config["preprocess"]
DERIVATIVES = f"{RESULTS}/preprocess/derivatives"


rule make_template:
    input:
        [path for path in (PREPROCESS["template"]["images"] or {}).values() if path],
    output:
        t1=LAYOUT.t1,
        gm=LAYOUT.gm,
        wm=LAYOUT.wm,
        csf=LAYOUT.csf,
        brain=LAYOUT.brain_mask,
        gm_mask=LAYOUT.gm_mask,
    log:
        f"{RESULTS}/preprocess/logs/make_template.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/make_template.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("make_template"),
    params:
        code=hash_code("workflow/scripts/make_template.py"),
        space=SPACE,
        template=PREPROCESS["template"],
    message:
        "Put the {params.space} template on the study's grid"
    script:
        "../scripts/make_template.py"


rule preprocess_scans:
    input:
        unpack(BATCHES.raw_scan_inputs),
        # One stands for the six, which one job makes: with all of them, thousands of scans take a third longer to plan.
        template=[LAYOUT.brain_mask],
    output:
        qc=f"{RESULTS}/preprocess/qc/batch-{{batch}}.tsv",
    log:
        f"{RESULTS}/preprocess/logs/preprocess_scans-{{batch}}.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/preprocess_scans-{{batch}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("preprocess_scans"),
    params:
        code=hash_code("workflow/scripts/preprocess_scans.py"),
        scans=BATCHES.raw_scans,
        space=SPACE,
        derivatives=DERIVATIVES,
        settings={
            key: PREPROCESS[key]
            for key in ("input_voxel_mm", "registration", "registration_voxel_mm", "iterations")
        },
    message:
        "Register and segment the scans of batch {wildcards.batch}"
    script:
        "../scripts/preprocess_scans.py"


rule gather_qc:
    input:
        batches=[f"{RESULTS}/preprocess/qc/batch-{batch}.tsv" for batch in PLAN.batches],
    output:
        qc=f"{RESULTS}/preprocess/qc.tsv",
    log:
        f"{RESULTS}/preprocess/logs/gather_qc.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/gather_qc.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("gather_qc"),
    params:
        code=hash_code("workflow/scripts/gather_qc.py"),
        outlier_z=PREPROCESS["outlier_z"],
    message:
        "Gather the quality control of all scans and flag outliers"
    script:
        "../scripts/gather_qc.py"


rule select_subjects:
    input:
        participants=f"{RESULTS}/cohort/participants.tsv",
        left_out=f"{RESULTS}/cohort/left_out.tsv",
        qc=f"{RESULTS}/preprocess/qc.tsv",
        exclusion_list=config["cohort"]["exclusion_list"] or [],
    output:
        subjects=SUBJECTS,
        exclusions=f"{RESULTS}/cohort/exclusions.tsv",
    log:
        f"{RESULTS}/preprocess/logs/select_subjects.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/select_subjects.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("select_subjects"),
    params:
        code=hash_code("workflow/scripts/select_subjects.py"),
        exclude_on=PREPROCESS["exclude_on"],
        on_bad_scan=config["cohort"]["on_bad_scan"],
        permutation=CLASSIFY["permute_labels"],
    message:
        "Exclude scans that failed quality control or are listed by hand, with their reasons"
    script:
        "../scripts/select_subjects.py"


rule build_array:
    input:
        subjects=SUBJECTS,
        qc=f"{RESULTS}/preprocess/qc.tsv",  # changes whenever a scan is done again, which subjects.tsv need not
        brain=LAYOUT.brain_mask,
        tissues=LAYOUT.tissues,
    output:
        array=f"{RESULTS}/preprocess/arrays/{{feature}}.npy",
    log:
        f"{RESULTS}/preprocess/logs/build_array-{{feature}}.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/build_array-{{feature}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("build_array"),
    params:
        code=hash_code("workflow/scripts/build_array.py"),
        space=SPACE,
        derivatives=DERIVATIVES,
        settings=lookup(dpath="preprocess/features/{feature}", within=config),
    message:
        "Collect {wildcards.feature} of all subjects in one array"
    script:
        "../scripts/build_array.py"


rule plot_mosaic:
    input:
        subjects=SUBJECTS,
        qc=f"{RESULTS}/preprocess/qc.tsv",
        gm=LAYOUT.gm,
    output:
        mosaic=f"{RESULTS}/preprocess/qc_mosaic.png",
    log:
        f"{RESULTS}/preprocess/logs/plot_mosaic.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/plot_mosaic.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("plot_mosaic"),
    params:
        code=hash_code("workflow/scripts/plot_mosaic.py"),
        space=SPACE,
        derivatives=DERIVATIVES,
    message:
        "Plot every registered scan, excluded and flagged ones first"
    script:
        "../scripts/plot_mosaic.py"


rule plot_scans:
    input:
        qc=BATCHES.pictured_rows,
        gm=LAYOUT.gm,
    output:
        pictures=directory(f"{RESULTS}/preprocess/pictures/batch-{{batch}}"),
    log:
        f"{RESULTS}/preprocess/logs/plot_scans-{{batch}}.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/plot_scans-{{batch}}.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("plot_scans"),
    params:
        code=hash_code("workflow/scripts/plot_scans.py"),
        space=SPACE,
        derivatives=DERIVATIVES,
    message:
        "Plot registration and segmentation of each scan of batch {wildcards.batch}"
    script:
        "../scripts/plot_scans.py"
