# The study, stage by stage: cohort -> preprocess -> classify -> relevance -> overlap -> figures, with reference beside.
import os

from snakemake.utils import min_version

from relmaps.io.environment import prepare_environment
from relmaps.study.copies import other_copy

min_version("9.27")
prepare_environment(None if workflow.subprocess_exec else workflow.remote_exec)

if other := other_copy(workflow.current_basedir, os.environ.get("PYTHONPATH", "")):
    raise WorkflowError(
        f"{other}: this copy of relmaps would be used instead of the one beside {workflow.current_basedir}/Snakefile; "
        "remove it (pip uninstall relmaps), or run its own workflow (relmaps run)"
    )


configfile: f"{workflow.current_basedir}/config/config.yaml"


RULES = "common cohort preprocess classify relevance reference overlap figures report".split()

for part in RULES:

    include: f"workflow/rules/{part}.smk"


localrules:
    all,
    figures,
    overlap_only,


rule figures:
    input:
        *rules.number_figures.output,
        f"{RESULTS}/report.html",
    message:
        f"Figures of {STUDY}, with the paper's numbers: {RESULTS}/publication"


rule overlap_only:
    input:
        tables=expand(
            f"{RESULTS}/overlap/{{table}}.tsv", table=["scores", "comparisons", "curves", "regions"]
        ),
        figures=expand(f"{RESULTS}/figures/{{figure}}.png", figure=["ranking", "curves"]),
    message:
        f"Overlap of the maps of {STUDY} with its references: {{input.tables[0]}}"


rule all:
    default_target: True
    input:
        report=f"{RESULTS}/report.html",
        manifest=f"{RESULTS}/manifest.json",
    message:
        f"The whole study {STUDY}: {{input.report}}"
