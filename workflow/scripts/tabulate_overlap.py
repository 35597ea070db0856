"""Table: overlap of each map with each reference at the headline, as TSV and as a page that sorts."""

from relmaps.figures.overlap import overlap_table
from relmaps.files import write_text
from relmaps.jobs import job
from relmaps.report.tables import overlap_html, render
from relmaps.tables import read_table, write_table


def main(scores, tsv, html):
    table = overlap_table(read_table(scores))
    write_table(table, tsv)
    write_text(render("table_page.html.j2", title="Overlap", table=overlap_html(table)), html)


if __name__ == "__main__":
    with job(snakemake):
        main(scores=snakemake.input.scores, tsv=snakemake.output.tsv, html=snakemake.output.html)
