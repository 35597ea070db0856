# report: the page that tells what was found, and what it was found from.
DRAWN_FIGURES = expand(f"{FIGURES}/{{figure}}.png", figure=NAMES_OF_FIGURES)
TABLES = f"{RESULTS}/tables"
PUBLISHED_TABLES = {
    "participants": f"{RESULTS}/cohort/participants.tsv",
    "subjects": f"{RESULTS}/preprocess/subjects.tsv",
    "qc": f"{RESULTS}/preprocess/qc.tsv",
    "performance": f"{RESULTS}/classify/performance.tsv",
    "model_comparisons": f"{RESULTS}/classify/model_comparisons.tsv",
    "variability": f"{RESULTS}/classify/variability.tsv",
    "scores": f"{RESULTS}/overlap/scores.tsv",
    "comparisons": f"{RESULTS}/overlap/comparisons.tsv",
    "recovery": f"{RESULTS}/overlap/recovery.tsv",
    "regions": f"{RESULTS}/overlap/regions.tsv",
}
NAMES_OF_TABLES = [
    *("cohort", "flagged", "performance", "model_comparisons", "variability", "maps", "references"),
    *("overlap", "recovery", "comparisons", "regions"),
]


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
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_hash(),
        config=config,
        references=list(config["reference"]),
    message:
        "What the study was made from: {output.provenance}"
    script:
        "../scripts/write_provenance.py"


rule write_tables:
    input:
        **PUBLISHED_TABLES,
        map_sidecars=MAP_SIDECARS,
        reference_sidecars=REFERENCE_SIDECARS,
    output:
        tsv=expand(f"{TABLES}/{{table}}.tsv", table=NAMES_OF_TABLES),
        html=report(
            expand(f"{TABLES}/{{table}}.html", table=NAMES_OF_TABLES),
            caption="../report/tables.rst",
            category="Tables",
        ),
        tex=expand(f"{TABLES}/{{table}}.tex", table=NAMES_OF_TABLES),
    log:
        f"{TABLES}/logs/write_tables.log",
    benchmark:
        f"{TABLES}/benchmarks/write_tables.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/write_tables.py"),
        templates=REPORT_TEMPLATES,
        published=list(PUBLISHED_TABLES),
        maps=MAPS,
        references=REFERENCES,
    message:
        "Tables of the study as TSV, HTML and LaTeX"
    script:
        "../scripts/write_tables.py"


rule write_report:
    input:
        **PUBLISHED_TABLES,
        mosaic=f"{RESULTS}/preprocess/qc_mosaic.png",
        figures=DRAWN_FIGURES,
        rows=rules.plot_maps.output.rows,
        maps=expand(f"{RESULTS}/relevance/{{map}}/group.nii.gz", map=MAPS),
        masks=REFERENCE_MASKS,
        template=TEMPLATE_T1,
        brain_mask=BRAIN_MASK,
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
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("workflow/scripts/write_report.py"),
        templates=REPORT_TEMPLATES,
        captions=code_hash(["workflow/report"]),
        figures=NAMES_OF_FIGURES,
        published=list(PUBLISHED_TABLES),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
    message:
        "The study on one page: {output.report}"
    script:
        "../scripts/write_report.py"


rule write_manifest:
    input:
        report=f"{RESULTS}/report.html",
        shown=rules.write_tables.output,
        tables=expand(f"{RESULTS}/overlap/{{table}}.tsv", table=["variants", "regions"]),
        permuted=PERMUTED,
        pictures=expand(f"{RESULTS}/preprocess/pictures/batch-{{batch}}", batch=PLAN.pictures),
        subject_maps=expand(rules.write_subject_maps.output.folder, map=KEPT_SUBJECT_MAPS),
        cards=[] if config["external_validation"] else rules.write_model_cards.output.cards,
    output:
        manifest=f"{RESULTS}/manifest.json",
    log:
        f"{FIGURES}/logs/write_manifest.log",
    benchmark:
        f"{FIGURES}/benchmarks/write_manifest.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=code_of("workflow/scripts/write_manifest.py"),
    message:
        "Hashes of all that the study has made, and what each rule took: {output.manifest}"
    script:
        "../scripts/write_manifest.py"
