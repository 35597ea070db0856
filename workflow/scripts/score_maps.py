"""Scores of all maps over the multiverse, with their inference, and the curves and runs behind them."""

from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.overlap.bootstrap_samples import read_samples
from relmaps.overlap.curves import curve_table
from relmaps.overlap.inference import Inference
from relmaps.overlap.maps import open_map
from relmaps.overlap.retraining import retraining_table
from relmaps.overlap.scores import score_table
from relmaps.overlap.scoring_space import Specification, list_specifications, open_scoring_space, scoring_files


def main(*, maps, resampled, images, sidecars, fold_images, seed_maps, samples, nulls, permuted, scoring_files, primary,
         multiverse, confidence, scores, curves, retraining):  # fmt: skip
    """`images`, `sidecars`, `nulls` : one per map. `samples` : one per map of `resampled`. `permuted` : permuted.tsv,
    or
    nothing without label permutations. `scoring_files` : arguments of open_scoring_space."""
    scoring_space, primary = open_scoring_space(**scoring_files), Specification(**primary)
    opened = [
        open_map(name, image, sidecar, fold_images, scoring_space, seed_maps)
        for name, image, sidecar in zip(maps, images, sidecars, strict=True)
    ]
    runs = retraining_table(opened, scoring_space, primary)
    write_table(runs, retraining, "retraining")
    inference = Inference(
        samples={name: read_samples(path) for name, path in zip(resampled, samples, strict=True)},
        nulls={name: read_samples(path) for name, path in zip(maps, nulls, strict=True)},
        permuted=read_table(permuted) if permuted else None,
        retraining=runs,
        confidence=confidence,
    )
    write_table(
        inference.add_to(score_table(opened, scoring_space, list_specifications(multiverse), primary)), scores, "scores"
    )
    write_table(curve_table(opened, scoring_space, primary), curves, "curves")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            maps=snakemake.params.maps,
            resampled=snakemake.params.resampled,
            images=snakemake.input.images,
            sidecars=snakemake.input.sidecars,
            fold_images=snakemake.input.fold_images,
            seed_maps=snakemake.input.seed_maps,
            samples=snakemake.input.samples,
            nulls=snakemake.input.nulls,
            permuted=snakemake.input.permuted,
            scoring_files=scoring_files(snakemake.input, snakemake.params),
            primary=snakemake.params.primary,
            multiverse=snakemake.params.multiverse,
            confidence=snakemake.params.confidence,
            scores=snakemake.output.scores,
            curves=snakemake.output.curves,
            retraining=snakemake.output.retraining,
        )
