"""The study on one page that opens from disk without a network."""

from relmaps.files import read_json, write_text
from relmaps.jobs import job
from relmaps.report.page import build_report
from relmaps.tables import read_table


def main(*, pictures, subjects, performance, model_comparisons, variability, scores, comparisons, recovery, sidecars,
         references, provenance, report):  # fmt: skip
    """pictures : name -> PNG. sidecars, references : map or reference -> JSON."""
    page = build_report(
        pictures=pictures,
        subjects=read_table(subjects),
        performance=read_table(performance),
        model_comparisons=read_table(model_comparisons),
        variability=read_table(variability),
        scores=read_table(scores),
        comparisons=read_table(comparisons),
        recovery=read_table(recovery),
        sidecars={name: read_json(path) for name, path in sidecars.items()},
        references={name: read_json(path) for name, path in references.items()},
        provenance=read_json(provenance),
    )
    write_text(page, report)


if __name__ == "__main__":
    with job(snakemake):
        figures = dict(zip(snakemake.params.figures, snakemake.input.figures, strict=True))
        main(
            pictures=figures | {"mosaic": snakemake.input.mosaic},
            subjects=snakemake.input.subjects,
            performance=snakemake.input.performance_table,
            model_comparisons=snakemake.input.model_comparisons,
            variability=snakemake.input.variability,
            scores=snakemake.input.scores,
            comparisons=snakemake.input.comparisons,
            recovery=snakemake.input.recovery,
            sidecars=dict(zip(snakemake.params.maps, snakemake.input.map_sidecars, strict=True)),
            references=dict(zip(snakemake.params.references, snakemake.input.reference_sidecars, strict=True)),
            provenance=snakemake.input.provenance,
            report=snakemake.output.report,
        )
