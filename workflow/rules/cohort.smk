# cohort: select scans from any source; simulate them, convert DICOM or add synthetic atrophy as configured.
from relmaps.catalogue.sources import settings_of_source
from relmaps.study.plan import get_disease

SIMULATION, ATROPHY = config["simulation"], config["cohort"]["synthetic_atrophy"]
DISEASE = get_disease(config)
REGIONS = [DISEASE["regions"]["path"]] if DISEASE["regions"]["source"] != "ellipsoids" else []


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
    resources:
        **LAYOUT.resources("simulate_participants"),
    params:
        code=hash_code("workflow/scripts/simulate_participants.py"),
        n_scans=SIMULATION["n_scans"],
        severity=SIMULATION["severity"],
        severity_spread=SIMULATION["severity_spread"],
        seed=config["seed"],
    message:
        "Sample the simulated participants and write the tables of their BIDS dataset"
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
    resources:
        **LAYOUT.resources("simulate_scans"),
    params:
        code=hash_code("workflow/scripts/simulate_scans.py"),
        scans=BATCHES.simulated_scans,
        disease=DISEASE,
        settings={
            **{key: SIMULATION[key] for key in ("anatomy_mm", "ageing", "protocol", "voxel_mm")},
            **{key: SIMULATION[key] for key in ("noise", "bias_field", "coil_shading", "ringing")},
            "seed": config["seed"],
        },
    message:
        "Simulate the raw T1 scans of batch {wildcards.batch}"
    script:
        "../scripts/simulate_scans.py"


rule convert_dicom:
    input:
        BATCHES.dicom_folders,
    output:
        prepared=f"{RESULTS}/cohort/converted/batch-{{batch}}.tsv",
    log:
        f"{RESULTS}/cohort/logs/convert_dicom-{{batch}}.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/convert_dicom-{{batch}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("convert_dicom"),
    params:
        code=hash_code("workflow/scripts/convert_dicom.py"),
        scans=BATCHES.conversions,
    message:
        "Convert the DICOM series of batch {wildcards.batch}"
    script:
        "../scripts/convert_dicom.py"


rule randomise_atrophy:
    input:
        participants=f"{RESULTS}/cohort/participants.tsv",
    output:
        severity=f"{RESULTS}/cohort/synthetic_atrophy.tsv",
    log:
        f"{RESULTS}/cohort/logs/randomise_atrophy.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/randomise_atrophy.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("randomise_atrophy"),
    params:
        code=hash_code("workflow/scripts/randomise_atrophy.py"),
        atrophy=ATROPHY and {key: ATROPHY[key] for key in ("severity", "severity_spread", "seed")},
    message:
        "Randomise controls to synthetic atrophy"
    script:
        "../scripts/randomise_atrophy.py"


rule add_atrophy:
    input:
        unpack(BATCHES.atrophy_inputs),
        severity=f"{RESULTS}/cohort/synthetic_atrophy.tsv",
        regions=REGIONS,
        template=LAYOUT.template,
    output:
        prepared=f"{RESULTS}/cohort/synthetic_atrophy/batch-{{batch}}.tsv",
    log:
        f"{RESULTS}/cohort/logs/add_atrophy-{{batch}}.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/add_atrophy-{{batch}}.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("add_atrophy"),
    params:
        code=hash_code("workflow/scripts/add_atrophy.py"),
        scans=BATCHES.atrophied,
        space=SPACE,
        images=config["preprocess"]["template"]["images"],
        disease=DISEASE,
        seed=ATROPHY["seed"] if ATROPHY else None,
    message:
        "Add synthetic atrophy to the controls of batch {wildcards.batch}"
    script:
        "../scripts/add_atrophy.py"


rule simulate_truth:
    input:
        regions=REGIONS,
        template=LAYOUT.template,
    output:
        truth=f"{RESULTS}/cohort/truth.nii.gz",
        literature=f"{RESULTS}/cohort/literature.txt",
    log:
        f"{RESULTS}/cohort/logs/simulate_truth.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/simulate_truth.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("simulate_truth"),
    params:
        code=hash_code("workflow/scripts/simulate_truth.py"),
        space=SPACE,
        images=config["preprocess"]["template"]["images"],
        disease=DISEASE,
        literature=SIMULATION["literature"],
        seed=config["seed"],
    message:
        "Compute the expected grey matter loss and sample a literature from it"
    script:
        "../scripts/simulate_truth.py"


rule ingest_cohort:
    input:
        BATCHES.dataset,
    output:
        participants=f"{RESULTS}/cohort/participants.tsv",
        scans=f"{RESULTS}/cohort/scans.tsv",
        left_out=f"{RESULTS}/cohort/left_out.tsv",
        notes=f"{RESULTS}/cohort/notes.tsv",
    log:
        f"{RESULTS}/cohort/logs/ingest_cohort.log",
    benchmark:
        f"{RESULTS}/cohort/benchmarks/ingest_cohort.tsv"
    conda:
        "../../envs/imaging.yaml"
    resources:
        **LAYOUT.resources("ingest_cohort"),
    params:
        code=hash_code("workflow/scripts/ingest_cohort.py"),
        dataset=PLAN.dataset,
        scans=sorted(PLAN.scans),
        source=config["cohort"]["source"],
        settings=settings_of_source(config["cohort"]),
    message:
        "Read the participants and scans of {params.dataset}"
    script:
        "../scripts/ingest_cohort.py"
