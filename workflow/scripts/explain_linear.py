"""What each voxel of held-out scans contributes to a linear model's decision, in the files that heatmaps have."""

import logging

import numpy as np

from relmaps.classify.roles import find_rows, held_out
from relmaps.io.images import load_grid, read_map, read_mask, write_map
from relmaps.io.jobs import job, progress
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.contributions import explain_linear, mean_in_brain
from relmaps.relevance.fold_maps import FoldMaps
from relmaps.relevance.linear_maps import read_fold_scores

log = logging.getLogger("relmaps")


def main(*, model, folds, weights, linear_folds, predictions, array, subjects, splits, trained, brain_mask, fold_maps,
         subject_maps, subject_tables, space, targets, pooling, normalisation):  # fmt: skip
    """`weights` : the model's negated weight map of each fold. `trained` : array, subjects and splits of the study that
    trained it. `targets` : the primary analysis's first."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people, roles, images = read_table(subjects, ("participant_id", "label")), read_table(splits), open_array(array)
    theirs, their_roles, trained_on = read_table(trained["subjects"]), read_table(trained["splits"]), trained["array"]
    trained_on, settings = open_array(trained_on), read_table(linear_folds).set_index("fold")
    labels = people["label"].to_numpy()
    for fold, image, fold_map, maps_file, table_file in zip(
        progress(folds, "fold"), weights, fold_maps, subject_maps, subject_tables, strict=True
    ):
        rows = held_out(roles, fold, people["participant_id"])
        tested = people["participant_id"].iloc[rows]
        scores = read_fold_scores(predictions, model, fold, tested)
        mean = mean_in_brain(trained_on, find_rows(their_roles, theirs, fold, "train", "validation"), brain)
        w = -read_map(image, grid)[brain].astype(np.float64)
        maps = FoldMaps(labels[rows], targets, pooling, normalisation)
        batches = explain_linear(
            w, mean, images, brain, rows, labels[rows], targets, scores, settings.loc[fold, "intercept"]
        )
        maps.collect(batches, maps_file, keep=True, n_voxels=np.count_nonzero(brain))
        table = maps.subject_table(tested, fold, model)
        log.info("fold %s: completeness error %.2g in the median", fold, table["completeness_error"].median())
        write_table(table, table_file)
        write_map(grid.make_volume(maps.fold_map, brain), fold_map, grid)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            model=snakemake.wildcards.linear,
            folds=snakemake.params.folds,
            weights=snakemake.input.weights,
            linear_folds=snakemake.input.linear_folds,
            predictions=snakemake.input.predictions,
            array=snakemake.input.array,
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            trained={name: snakemake.input[f"trained_{name}"] for name in ("array", "subjects", "splits")},
            brain_mask=snakemake.input.brain_mask,
            fold_maps=snakemake.output.fold_maps,
            subject_maps=snakemake.output.subject_maps,
            subject_tables=snakemake.output.subject_tables,
            space=snakemake.params.space,
            targets=snakemake.params.targets,
            pooling=snakemake.params.pooling,
            normalisation=snakemake.params.normalisation,
        )
