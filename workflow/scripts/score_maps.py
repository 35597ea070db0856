"""Scores of all maps over the sweep, with intervals at the headline, and the curves behind them."""

from relmaps.jobs import job
from relmaps.overlap.arena import Cell, cells_of, open_arena
from relmaps.overlap.curves import curve_table
from relmaps.overlap.draws import read_draws
from relmaps.overlap.maps import open_map
from relmaps.overlap.scores import score_table
from relmaps.tables import write_table


def main(maps, images, sidecars, fold_images, draws, arena_files, headline, sweep, confidence, scores, curves):
    """`images`, `sidecars`, `draws` : one per map. `arena_files` : arguments of open_arena."""
    arena = open_arena(**arena_files)
    opened = [
        open_map(name, image, sidecar, fold_images, arena)
        for name, image, sidecar in zip(maps, images, sidecars, strict=True)
    ]
    by_map = {name: read_draws(path) for name, path in zip(maps, draws, strict=True)}
    table = score_table(opened, arena, cells_of(sweep), Cell(**headline), by_map, confidence)
    write_table(table, scores, "scores")
    write_table(curve_table(opened, arena, Cell(**headline)), curves, "curves")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.params.maps,
            images=snakemake.input.images,
            sidecars=snakemake.input.sidecars,
            fold_images=snakemake.input.fold_images,
            draws=snakemake.input.draws,
            arena_files={
                "brain_mask": snakemake.input.brain_mask,
                "gm_mask": snakemake.input.gm_mask,
                "space": snakemake.params.space,
                "references": snakemake.params.references,
                "masks": snakemake.input.reference_masks,
                "sidecars": snakemake.input.reference_sidecars,
            },
            headline=snakemake.params.headline,
            sweep=snakemake.params.sweep,
            confidence=snakemake.params.confidence,
            scores=snakemake.output.scores,
            curves=snakemake.output.curves,
        )
