"""Papers of NeuroQuery chosen by the configuration's rules, and their foci as Sleuth text."""

from relmaps.io.files import scratch_folder, write_text
from relmaps.io.jobs import job
from relmaps.io.tables import write_table
from relmaps.reference.neuroquery import fetch_database, read_database
from relmaps.reference.papers import LABEL, choose_papers, make_experiments, read_allow_list
from relmaps.reference.sleuth import sleuth_text


def main(folder, allow_list, rules, foci, papers):
    """`folder` : with NeuroQuery's files, None downloads them. `allow_list` : TSV or None."""
    with scratch_folder() as scratch:
        database = read_database(folder or fetch_database(scratch))
    allowed = read_allow_list(allow_list, database) if allow_list else {}
    table, chosen = choose_papers(database, rules["require"], rules["exclude"], rules["maximum_foci"], allowed)
    size = rules["assumed_sample_size"]
    write_text(sleuth_text(make_experiments(table, chosen, size), LABEL.format(size)), foci)
    write_table(table, papers, "papers")


if __name__ == "__main__":
    with job(snakemake):
        main(
            folder=snakemake.input.get("folder") or None,
            allow_list=snakemake.input.get("allow_list") or None,
            rules=snakemake.params.rules,
            foci=snakemake.output.foci,
            papers=snakemake.output.papers,
        )
