# cohort: a simulated dataset of raw scans, or a BIDS folder; both enter by the same door.
SIMULATION = config["simulation"]


rule simulate_participants:
    output:
        participants=f"{RESULTS}/cohort/bids/participants.tsv",
        description=f"{RESULTS}/cohort/bids/dataset_description.json",
        severity=f"{RESULTS}/cohort/severity.tsv",
    log:
        f"{RESULTS}/cohort/logs/simulate_participants.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/simulate_participants.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=500,
        runtime=5,
    params:
        code=code_of("workflow/scripts/simulate_participants.py"),
        n_scans=SIMULATION["n_scans"],
        severity=SIMULATION["severity"],
        severity_spread=SIMULATION["severity_spread"],
        seed=config["seed"],
    message:
        "Draw the simulated participants and write their BIDS dataset's tables"
    script:
        "../scripts/simulate_participants.py"


rule simulate_scans:
    input:
        severity=f"{RESULTS}/cohort/severity.tsv",
    output:
        done=f"{RESULTS}/cohort/simulated/batch-{{batch}}.tsv",
    log:
        f"{RESULTS}/cohort/logs/simulate_scans-{{batch}}.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/simulate_scans-{{batch}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("workflow/scripts/simulate_scans.py"),
        scans=simulated_scans_of,
        regions=SIMULATION["regions"],
        settings={
            **{key: SIMULATION[key] for key in ("anatomy_mm", "ageing", "voxel_mm", "noise", "bias_field")},
            "seed": config["seed"],
        },
    message:
        "Simulate the raw T1 heads of batch {wildcards.batch}"
    script:
        "../scripts/simulate_scans.py"


rule simulate_truth:
    input:
        gm=TEMPLATE_GM,
        brain=BRAIN_MASK,
        gm_mask=GM_MASK,
    output:
        truth=f"{RESULTS}/cohort/truth.nii.gz",
        literature=f"{RESULTS}/cohort/literature.txt",
    log:
        f"{RESULTS}/cohort/logs/simulate_truth.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/simulate_truth.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/simulate_truth.py"),
        space=SPACE,
        regions=SIMULATION["regions"],
        severity=SIMULATION["severity"],
        severity_spread=SIMULATION["severity_spread"],
        literature=SIMULATION["literature"],
        seed=config["seed"],
    message:
        "Derive the expected grey matter loss and draw a literature from it"
    script:
        "../scripts/simulate_truth.py"


rule ingest_cohort:
    input:
        dataset_of,
    output:
        participants=f"{RESULTS}/cohort/participants.tsv",
        scans=f"{RESULTS}/cohort/scans.tsv",
        left_out=f"{RESULTS}/cohort/left_out.tsv",
    log:
        f"{RESULTS}/cohort/logs/ingest_cohort.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/ingest_cohort.tsv"
    conda:
        "../../envs/imaging.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=30,
    params:
        code=code_of("workflow/scripts/ingest_cohort.py"),
        dataset=PLAN.dataset,
        scans=sorted(PLAN.scans),
        labels=config["cohort"]["labels"],
        covariates=config["cohort"]["covariates"],
    message:
        "Read the participants and scans of {params.dataset}"
    script:
        "../scripts/ingest_cohort.py"
