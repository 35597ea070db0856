"""Figure: group maps of all methods on the template, beside the references."""

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.maps import Panel, plot_maps
from relmaps.figures.style import house_style, save_figure
from relmaps.io.files import read_json
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job


def main(maps, sidecars, references, outline, template, brain_mask, space, figures, rows):
    """maps, references : title -> image; sidecars : the JSON files of both, in this order.

    rows : a PNG for each map alone, in the order of the maps.
    """
    grid = load_grid(brain_mask, space)
    images = maps | references
    panels = [
        Panel(title, read_json(sidecar)["units"], read_map(path, grid))
        for (title, path), sidecar in zip(images.items(), sidecars, strict=True)
    ]
    behind = read_mask(outline, grid), read_map(template, grid), read_mask(brain_mask, grid), grid
    with house_style():
        save_figure(plot_maps(panels, *behind), figures)
        for panel, path in zip(panels, rows, strict=False):
            save_figure(plot_maps([panel], *behind), [path])


if __name__ == "__main__":
    with job(snakemake):
        names = [map_name(name) for name in snakemake.params.maps]
        reference_names = [reference_name(name).capitalize() for name in snakemake.params.references]
        main(
            maps=dict(zip(names, snakemake.input.maps, strict=True)),
            sidecars=[*snakemake.input.map_sidecars, *snakemake.input.reference_sidecars],
            references=dict(zip(reference_names, snakemake.input.reference_maps, strict=True)),
            outline=snakemake.input.outline,
            template=snakemake.input.template,
            brain_mask=snakemake.input.brain_mask,
            space=snakemake.params.space,
            figures=[snakemake.output[kind] for kind in ("png", "svg", "pdf")],
            rows=snakemake.output.rows,
        )
