"""Tables of the study as TSV, as HTML that sorts, and as LaTeX."""

from pathlib import Path

from relmaps.io.files import read_json
from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.report.tables import study_tables


def main(published, sidecars, references, folder):
    """published : name -> TSV. sidecars, references : map or reference -> JSON. folder : where the tables go."""
    tables = study_tables(
        {name: read_table(path) for name, path in published.items()},
        {name: read_json(path) for name, path in sidecars.items()},
        {name: read_json(path) for name, path in references.items()},
    )
    for name, table in tables.items():
        table.write(folder, name)


if __name__ == "__main__":
    with job(snakemake):
        main(
            published={name: snakemake.input[name] for name in snakemake.params.published},
            sidecars=dict(zip(snakemake.params.maps, snakemake.input.map_sidecars, strict=True)),
            references=dict(zip(snakemake.params.references, snakemake.input.reference_sidecars, strict=True)),
            folder=Path(snakemake.output.tsv[0]).parent,
        )
