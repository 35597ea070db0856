# The study, stage by stage: cohort -> preprocess -> classify -> relevance -> overlap -> figures, with reference beside.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/preprocess.smk"
include: "workflow/rules/classify.smk"
include: "workflow/rules/performance.smk"
include: "workflow/rules/relevance.smk"
include: "workflow/rules/reference.smk"
include: "workflow/rules/overlap.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/report.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        report=f"{RESULTS}/report.html",
        pictures=expand(f"{RESULTS}/preprocess/pictures/batch-{{batch}}", batch=PLAN.batches),
        provenance=f"{RESULTS}/provenance.json",
        cards=[] if config["apply"] else rules.write_model_cards.output.cards,
    message:
        "The whole study {STUDY}: {input.report}"
