"""Scores of all maps over the sweep, with their inference at the headline, and the curves and runs behind them."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.arena import Cell, cells_of, files_of_arena, open_arena
from relmaps.overlap.curves import curve_table
from relmaps.overlap.draws import read_draws
from relmaps.overlap.inference import Inference
from relmaps.overlap.maps import open_map
from relmaps.overlap.retraining import retraining_table
from relmaps.overlap.scores import score_table


def main(*, maps, drawn, images, sidecars, fold_images, seed_maps, draws, nulls, permuted, arena_files, headline, sweep,
         confidence, scores, curves, retraining):  # fmt: skip
    """`images`, `sidecars`, `nulls` : one per map. `draws` : one per map of `drawn`. `permuted` : permuted.tsv, or
    nothing where no labels were shuffled. `arena_files` : arguments of open_arena."""
    arena, headline = open_arena(**arena_files), Cell(**headline)
    opened = [
        open_map(name, image, sidecar, fold_images, arena, seed_maps)
        for name, image, sidecar in zip(maps, images, sidecars, strict=True)
    ]
    runs = retraining_table(opened, arena, headline)
    write_table(runs, retraining, "retraining")
    inference = Inference(
        draws={name: read_draws(path) for name, path in zip(drawn, draws, strict=True)},
        nulls={name: read_draws(path) for name, path in zip(maps, nulls, strict=True)},
        permuted=read_table(permuted) if permuted else None,
        retraining=runs,
        confidence=confidence,
    )
    write_table(inference.add_to(score_table(opened, arena, cells_of(sweep), headline)), scores, "scores")
    write_table(curve_table(opened, arena, headline), curves, "curves")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.params.maps,
            drawn=snakemake.params.drawn,
            images=snakemake.input.images,
            sidecars=snakemake.input.sidecars,
            fold_images=snakemake.input.fold_images,
            seed_maps=snakemake.input.seed_maps,
            draws=snakemake.input.draws,
            nulls=snakemake.input.nulls,
            permuted=snakemake.input.permuted,
            arena_files=files_of_arena(snakemake.input, snakemake.params),
            headline=snakemake.params.headline,
            sweep=snakemake.params.sweep,
            confidence=snakemake.params.confidence,
            scores=snakemake.output.scores,
            curves=snakemake.output.curves,
            retraining=snakemake.output.retraining,
        )
