# The study, stage by stage: cohort -> preprocess -> classify -> relevance -> overlap -> figures, with reference beside.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/map_inputs.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/performance.smk"
include: "workflow/rules/relevance.smk"
include: "workflow/rules/imported.smk"
include: "workflow/rules/permutations.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/inference.smk"
include: "workflow/rules/overlap.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/sweeps.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/checks.smk"
include: "workflow/rules/report.smk"


localrules:
    all,
    overlap_only,


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
