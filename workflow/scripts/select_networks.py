"""Choose each fold's network on its validation part."""

from relmaps.classify.predictions import select_networks
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(predictions, networks, selection):
    write_table(select_networks(read_table(predictions), networks), selection)


if __name__ == "__main__":
    with job(snakemake):
        main(
            predictions=snakemake.input.predictions,
            networks=snakemake.params.networks,
            selection=snakemake.output.selection,
        )
