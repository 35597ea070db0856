# details: supplementary figures, and every table as TSV, HTML and LaTeX.
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


rule plot_regions:
    input:
        regions=f"{RESULTS}/overlap/regions.tsv",
    output:
        png=report(
            f"{FIGURES}/regions.png",
            caption="../report/regions.rst",
            category="Overlap",
            labels={"shows": "Regions"},
        ),
        svg=f"{FIGURES}/regions.svg",
        pdf=f"{FIGURES}/regions.pdf",
    log:
        f"{FIGURES}/logs/plot_regions.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_regions.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_regions.py"),
        maps=MAPS,
        references=REFERENCES,
    message:
        "Figure of the regions in which maps and references lie"
    script:
        "../scripts/plot_regions.py"


rule plot_trainings:
    input:
        retraining=f"{RESULTS}/overlap/retraining.tsv",
        scores=f"{RESULTS}/overlap/scores.tsv",
    output:
        png=report(
            f"{FIGURES}/trainings.png",
            caption="../report/trainings.rst",
            category="Overlap",
            labels={"shows": "Single trainings"},
        ),
        svg=f"{FIGURES}/trainings.svg",
        pdf=f"{FIGURES}/trainings.pdf",
    log:
        f"{FIGURES}/logs/plot_trainings.log",
    benchmark:
        f"{FIGURES}/benchmarks/plot_trainings.tsv"
    conda:
        "../../envs/figures.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("workflow/scripts/plot_trainings.py"),
        references=REFERENCES,
    message:
        "Figure of the overlap of each training's map"
    script:
        "../scripts/plot_trainings.py"


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
