# report: the page that tells what was found, and what it was found from.


rule write_provenance:
    input:
        scans=f"{RESULTS}/cohort/scans.tsv",
        evidence=[evidence_of(name) for name in config["reference"]],
    output:
        provenance=f"{RESULTS}/provenance.json",
    log:
        f"{FIGURES}/logs/write_provenance.log",
    benchmark:
        f"{FIGURES}/benchmarks/write_provenance.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash(),
        config=config,
        references=list(config["reference"]),
    message:
        "What the study was made from: {output.provenance}"
    script:
        "../scripts/write_provenance.py"


rule write_report:
    input:
        mosaic=f"{RESULTS}/preprocess/qc_mosaic.png",
        cohort=f"{FIGURES}/cohort.png",
        quality=f"{FIGURES}/quality.png",
        performance=f"{FIGURES}/performance.png",
        calibration=f"{FIGURES}/calibration.png",
        learning=[] if config["apply"] else f"{FIGURES}/learning.png",
        maps=f"{FIGURES}/maps.png",
        ranking=f"{FIGURES}/ranking.png",
        curves=f"{FIGURES}/curves.png",
        sweep=f"{FIGURES}/sweep.png",
        truth=f"{FIGURES}/truth.png" if "truth" in REFERENCES else [],
        growth=f"{FIGURES}/growth.png" if GROWING else [],
        sanity=[] if config["apply"] else f"{FIGURES}/sanity.png",
        faithfulness=[] if config["apply"] else f"{FIGURES}/faithfulness.png",
        stability=[] if config["apply"] else f"{FIGURES}/stability.png",
        subjects=f"{RESULTS}/preprocess/subjects.tsv",
        performance_table=f"{RESULTS}/classify/performance.tsv",
        model_comparisons=f"{RESULTS}/classify/model_comparisons.tsv",
        variability=f"{RESULTS}/classify/variability.tsv",
        scores=f"{RESULTS}/overlap/scores.tsv",
        comparisons=f"{RESULTS}/overlap/comparisons.tsv",
        recovery=f"{RESULTS}/overlap/recovery.tsv",
        overlap=f"{FIGURES}/overlap.html",
        map_sidecars=MAP_SIDECARS,
        reference_sidecars=REFERENCE_SIDECARS,
        provenance=f"{RESULTS}/provenance.json",
    output:
        report=f"{RESULTS}/report.html",
    log:
        f"{FIGURES}/logs/write_report.log",
    benchmark:
        f"{FIGURES}/benchmarks/write_report.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("workflow/scripts/write_report.py"),
        templates=REPORT_TEMPLATES,
        maps=MAPS,
        references=REFERENCES,
    message:
        "The study on one page: {output.report}"
    script:
        "../scripts/write_report.py"
