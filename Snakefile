# The study, stage by stage: cohort -> preprocess -> classify -> relevance -> overlap -> figures, with reference beside.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


RULES = [
    *(
        "common",
        "inputs",
        "map_inputs",
        "cohort",
        "preprocess",
        "classify",
        "performance",
        "relevance",
        "imported",
    ),
    *("permutations", "reference", "inference", "overlap", "figures", "sweeps", "models", "checks", "report"),
]

for name in RULES:

    include: f"workflow/rules/{name}.smk"


localrules:
    all,
    figures,
    overlap_only,


rule figures:
    input:
        png=DRAWN_FIGURES,
        table=f"{FIGURES}/overlap.html",
        report=f"{RESULTS}/report.html",
    message:
        "The figures of {STUDY}"


rule overlap_only:
    input:
        tables=expand(
            f"{RESULTS}/overlap/{{table}}.tsv", table=["scores", "comparisons", "curves", "regions"]
        ),
        figures=expand(f"{FIGURES}/{{figure}}.png", figure=["ranking", "curves"]),
    message:
        "How far the maps of {STUDY} coincide with its references: {input.tables[0]}"


rule all:
    default_target: True
    input:
        report=f"{RESULTS}/report.html",
        regions=f"{RESULTS}/overlap/regions.tsv",
        growth=f"{FIGURES}/growth.png" if GROWING else [],
        permuted=f"{RESULTS}/overlap/permuted.tsv" if PERMUTATIONS and not config["apply"] else [],
        pictures=expand(f"{RESULTS}/preprocess/pictures/batch-{{batch}}", batch=PLAN.batches),
        provenance=f"{RESULTS}/provenance.json",
        subject_maps=expand(
            rules.write_subject_maps.output.folder, map=HEATMAPS if RELEVANCE["keep_subject_maps"] else []
        ),
        cards=[] if config["apply"] else rules.write_model_cards.output.cards,
    message:
        "The whole study {STUDY}: {input.report}"
