"""Figure: group maps of all methods on the template, beside the references."""

from relmaps.figures.maps import Panel, draw_maps
from relmaps.figures.names import map_name, reference_name
from relmaps.figures.style import house_style, save_figure
from relmaps.files import read_json
from relmaps.images import load_grid, read_map, read_mask
from relmaps.jobs import job


def main(maps, sidecars, references, outline, template, brain_mask, space, figures):
    """maps, references : title -> image; sidecars : the JSON files of both, in this order."""
    grid = load_grid(brain_mask, space)
    images = maps | references
    panels = [
        Panel(title, read_json(sidecar)["units"], read_map(path, grid))
        for (title, path), sidecar in zip(images.items(), sidecars, strict=True)
    ]
    with house_style():
        figure = draw_maps(
            panels, read_mask(outline, grid), read_map(template, grid), read_mask(brain_mask, grid), grid
        )
        save_figure(figure, figures)


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
            figures=snakemake.output,
        )
