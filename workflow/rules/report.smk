# report: the page, the tables, and the record of inputs, settings and results.
from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.tables import TABLES as TABLE_RECORDS
from relmaps.study.provenance import code_hash

REPORT_TEMPLATES = code_hash(
    ["relmaps/report/templates", "relmaps/report/niivue"]
)  # hash_code follows imports only
TABLES = f"{RESULTS}/tables"
PUBLISHED_TABLES = {
    "participants": f"{RESULTS}/cohort/participants.tsv",
    "subjects": SUBJECTS,
    "qc": f"{RESULTS}/preprocess/qc.tsv",
    "performance": f"{RESULTS}/classify/performance.tsv",
    "model_comparisons": f"{RESULTS}/classify/model_comparisons.tsv",
    "variability": f"{RESULTS}/classify/variability.tsv",
    "scores": f"{RESULTS}/overlap/scores.tsv",
    "comparisons": f"{RESULTS}/overlap/comparisons.tsv",
    "recovery": f"{RESULTS}/overlap/recovery.tsv",
    "regions": f"{RESULTS}/overlap/regions.tsv",
}


rule write_provenance:
    input:
        scans=f"{RESULTS}/cohort/scans.tsv",
        evidence=[LAYOUT.evidence(name) for name in config["reference"]],
    output:
        provenance=f"{RESULTS}/provenance.json",
    log:
        f"{RESULTS}/figures/logs/write_provenance.log",
    benchmark:
        f"{RESULTS}/figures/benchmarks/write_provenance.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("write_provenance"),
    params:
        code=code_hash(),
        config=config,
        references=list(config["reference"]),
    message:
        "Inputs, settings, code and software of the study: {output.provenance}"
    script:
        "../scripts/write_provenance.py"


rule write_tables:
    input:
        **PUBLISHED_TABLES,
        map_sidecars=LAYOUT.group_maps(suffix=".json"),
        reference_sidecars=REFERENCE_MASKS["reference_sidecars"],
    output:
        tsv=expand(f"{TABLES}/{{table}}.tsv", table=TABLE_RECORDS),
        html=report(
            expand(f"{TABLES}/{{table}}.html", table=TABLE_RECORDS),
            caption="../report/tables.rst",
            category="Tables",
        ),
        tex=expand(f"{TABLES}/{{table}}.tex", table=TABLE_RECORDS),
    log:
        f"{TABLES}/logs/write_tables.log",
    benchmark:
        f"{TABLES}/benchmarks/write_tables.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("write_tables"),
    params:
        code=hash_code("workflow/scripts/write_tables.py"),
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
        figures=[FIGURES[name].pictures(name, RESULTS)["png"] for name in LAYOUT.figures],
        rows=expand(f"{RESULTS}/figures/maps/{{map}}.png", map=MAPS),
        maps=LAYOUT.group_maps(),
        masks=REFERENCE_MASKS["reference_masks"],
        template=LAYOUT.t1,
        brain_mask=LAYOUT.brain_mask,
        map_sidecars=LAYOUT.group_maps(suffix=".json"),
        reference_sidecars=REFERENCE_MASKS["reference_sidecars"],
        notes=LAYOUT.notes,
        provenance=f"{RESULTS}/provenance.json",
    output:
        report=f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/figures/logs/write_report.log",
    benchmark:
        f"{RESULTS}/figures/benchmarks/write_report.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("write_report"),
    params:
        code=hash_code("workflow/scripts/write_report.py"),
        templates=REPORT_TEMPLATES,
        figures=LAYOUT.figures,
        published=list(PUBLISHED_TABLES),
        space=SPACE,
        maps=MAPS,
        references=REFERENCES,
    message:
        "Report of the study: {output.report}"
    script:
        "../scripts/write_report.py"


rule write_manifest:
    input:
        report=f"{RESULTS}/report.html",
        shown=rules.write_tables.output,
        tables=expand(f"{RESULTS}/overlap/{{table}}.tsv", table=["variants", "regions"]),
        permuted=LAYOUT.permuted,
        pictures=expand(f"{RESULTS}/preprocess/pictures/batch-{{batch}}", batch=PLAN.pictures),
        subject_maps=expand(f"{RESULTS}/relevance/{{map}}/subjects", map=LAYOUT.kept_subject_maps),
        cards=LAYOUT.cards,
    output:
        manifest=f"{RESULTS}/manifest.json",
    log:
        f"{RESULTS}/figures/logs/write_manifest.log",
    benchmark:
        f"{RESULTS}/figures/benchmarks/write_manifest.tsv"
    conda:
        "../../envs/figures.yaml"
    resources:
        **LAYOUT.resources("write_manifest"),
    params:
        code=hash_code("workflow/scripts/write_manifest.py"),
    message:
        "Hashes of all results, and time and memory of each rule: {output.manifest}"
    script:
        "../scripts/write_manifest.py"
