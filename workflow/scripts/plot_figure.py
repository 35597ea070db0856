"""Figure of the catalogue: run the script of its name, workflow/scripts/plot_<figure>.py.

Snakemake lists a rule's script before it knows the rule's parameters: the rule that the figures share names this one.
"""

import runpy

if __name__ == "__main__":
    runpy.run_path(
        f"{snakemake.scriptdir}/plot_{snakemake.params.figure}.py", {"snakemake": snakemake}, run_name="__main__"
    )
