"""The study on one page that opens from disk without a network."""

from relmaps.catalogue.names import map_name, reference_name
from relmaps.catalogue.renamed import read_provenance
from relmaps.io.files import read_json, write_text
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.report.page import build_report
from relmaps.report.viewer import Layer, viewer_data


def main(*, pictures, rows, published, maps, sidecars, masks, references, template, brain_mask, space, notes,
         provenance, report):  # fmt: skip
    """pictures, rows, published, maps, sidecars, masks, references : name -> file. notes : of the cohort, or none."""
    grid = load_grid(brain_mask, space)
    sidecars = {name: read_json(path) for name, path in sidecars.items()}
    viewer = viewer_data(
        [Layer(name, map_name(name), sidecars[name]["units"], read_map(path, grid)) for name, path in maps.items()],
        [Layer(name, reference_name(name), "", read_mask(path, grid)) for name, path in masks.items()],
        read_map(template, grid),
        read_mask(brain_mask, grid),
        grid,
    )
    page = build_report(
        pictures=pictures,
        rows=rows,
        published={name: read_table(path) for name, path in published.items()},
        sidecars=sidecars,
        references={name: read_json(path) for name, path in references.items()},
        viewer=viewer,
        notes=read_table(notes)["note"].tolist() if notes else [],
        provenance=read_provenance(provenance),
    )
    write_text(page, report)


if __name__ == "__main__":
    with job(snakemake):
        names, read = snakemake.params, snakemake.input
        main(
            pictures=dict(zip(names.figures, read.figures, strict=True)),
            rows=dict(zip(names.maps, read.rows, strict=True)),
            published={name: read[name] for name in names.published},
            maps=dict(zip(names.maps, read.maps, strict=True)),
            sidecars=dict(zip(names.maps, read.map_sidecars, strict=True)),
            masks=dict(zip(names.references, read.masks, strict=True)),
            references=dict(zip(names.references, read.reference_sidecars, strict=True)),
            template=read.template,
            brain_mask=read.brain_mask,
            space=names.space,
            notes=read.notes,
            provenance=read.provenance,
            report=snakemake.output.report,
        )
