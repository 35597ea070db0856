# preprocess: raw scans to tissue maps in template space, quality control, and one array per feature.
PREPROCESS = config["preprocess"]
DERIVATIVES = f"{RESULTS}/preprocess/derivatives"


rule make_template:
    output:
        t1=TEMPLATE_T1,
        gm=TEMPLATE_GM,
        wm=f"{RESULTS}/preprocess/template/{SPACE}_WM_probseg.nii.gz",
        csf=f"{RESULTS}/preprocess/template/{SPACE}_CSF_probseg.nii.gz",
        brain=BRAIN_MASK,
        gm_mask=GM_MASK,
    log:
        f"{RESULTS}/preprocess/logs/make_template.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/make_template.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/make_template.py"),
        space=SPACE,
        voxel_mm=PREPROCESS["template"]["voxel_mm"],
    message:
        "Put the packaged {params.space} template on a {params.voxel_mm} mm grid"
    script:
        "../scripts/make_template.py"


rule preprocess_scans:
    input:
        raw=raw_scans_of,
        template=rules.make_template.output,
    output:
        qc=f"{RESULTS}/preprocess/qc/batch-{{batch}}.tsv",
    log:
        f"{RESULTS}/preprocess/logs/preprocess_scans-{{batch}}.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/preprocess_scans-{{batch}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
    params:
        code=code_of("workflow/scripts/preprocess_scans.py"),
        scans=scans_of,
        space=SPACE,
        derivatives=DERIVATIVES,
        input_voxel_mm=PREPROCESS["input_voxel_mm"],
        registration=PREPROCESS["registration"],
        iterations=PREPROCESS["iterations"],
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
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/gather_qc.py"),
    message:
        "Gather the quality control of all scans"
    script:
        "../scripts/gather_qc.py"


rule select_subjects:
    input:
        participants=f"{RESULTS}/cohort/participants.tsv",
        left_out=f"{RESULTS}/cohort/left_out.tsv",
        qc=f"{RESULTS}/preprocess/qc.tsv",
    output:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        exclusions=f"{RESULTS}/cohort/exclusions.tsv",
    log:
        f"{RESULTS}/preprocess/logs/select_subjects.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/select_subjects.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/select_subjects.py"),
        minimum_similarity=PREPROCESS["minimum_similarity"],
        on_bad_scan=config["cohort"]["on_bad_scan"],
    message:
        "Leave out the scans that failed quality control, with their reasons"
    script:
        "../scripts/select_subjects.py"


rule build_array:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        qc=f"{RESULTS}/preprocess/qc.tsv",  # changes whenever a scan is done again, which subjects.tsv need not
        brain=BRAIN_MASK,
        tissues=[TEMPLATE_GM, rules.make_template.output.wm, rules.make_template.output.csf],
    output:
        array=f"{RESULTS}/preprocess/arrays/{{feature}}.npy",
    log:
        f"{RESULTS}/preprocess/logs/build_array-{{feature}}.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/build_array-{{feature}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("workflow/scripts/build_array.py"),
        space=SPACE,
        derivatives=DERIVATIVES,
        settings=lookup(dpath="preprocess/features/{feature}", within=config),
    message:
        "Collect {wildcards.feature} of all subjects in one array"
    script:
        "../scripts/build_array.py"


rule plot_mosaic:
    input:
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        qc=f"{RESULTS}/preprocess/qc.tsv",  # changes whenever a scan is done again, which subjects.tsv need not
        gm=TEMPLATE_GM,
    output:
        mosaic=f"{RESULTS}/preprocess/qc_mosaic.png",
    log:
        f"{RESULTS}/preprocess/logs/plot_mosaic.log",
    benchmark:
        f"{RESULTS}/preprocess/benchmarks/plot_mosaic.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("workflow/scripts/plot_mosaic.py"),
        space=SPACE,
        derivatives=DERIVATIVES,
    message:
        "Picture every registered scan"
    script:
        "../scripts/plot_mosaic.py"
