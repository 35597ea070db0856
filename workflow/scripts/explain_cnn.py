"""Heatmaps of one fold's held-out subjects by one method, for one architecture, averaged over its seeds."""

import logging

import numpy as np

from relmaps.classify.device import open_device
from relmaps.classify.predictions import chosen_in
from relmaps.classify.roles import held_out
from relmaps.classify.weights import load_classifier
from relmaps.io.files import replacing
from relmaps.io.images import load_grid, read_mask, write_map
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.explain import (
    UNTRAINED_SEED,
    Cohort,
    explain_subjects,
    training_controls,
    untrained_copy,
)
from relmaps.relevance.fold_maps import FoldMaps
from relmaps.relevance.methods import open_method

log = logging.getLogger("relmaps")


def main(weights, array, subjects, splits, selection, brain_mask, fold_map, seed_maps, subject_maps, subject_table,
         map_name, model, fold, space, method, targets, pooling, normalisation, seed, device):  # fmt: skip
    """`targets` : the primary analysis's first; the others are explained only where the model is the fold's choice."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people, roles = read_table(subjects, ("participant_id", "label")), read_table(splits)
    rows = held_out(roles, fold, people["participant_id"])
    classifiers = [load_classifier(path) for path in weights]
    if map_name == "untrained":
        classifiers = [untrained_copy(classifiers[0], seed + UNTRAINED_SEED + int(fold))]

    chosen = chosen_in(read_table(selection), fold, model)
    targets = targets if chosen else targets[:1]
    labels = people["label"].to_numpy()
    cohort = Cohort(open_array(array), labels, training_controls(roles, fold, people), grid, brain)
    batches = explain_subjects(classifiers, cohort, rows, open_method(map_name, method), targets, device, seed)
    maps = FoldMaps(labels[rows], targets, pooling, normalisation)
    maps.collect(batches, subject_maps, keep=chosen, n_voxels=np.count_nonzero(brain))

    table = maps.subject_table(people["participant_id"].iloc[rows], fold, model)
    log.info("%s: completeness error %.2g in the median", map_name, table["completeness_error"].median())
    write_table(table, subject_table)
    with replacing(seed_maps) as temporary, open(temporary, "wb") as file:
        np.save(file, maps.seed_maps)
    write_map(grid.make_volume(maps.fold_map, brain), fold_map, grid)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            weights=snakemake.input.weights,
            array=snakemake.input.array,
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            selection=snakemake.input.selection,
            brain_mask=snakemake.input.brain_mask,
            fold_map=snakemake.output.fold_map,
            seed_maps=snakemake.output.seed_maps,
            subject_maps=snakemake.output.subject_maps,
            subject_table=snakemake.output.subject_table,
            map_name=snakemake.wildcards.map,
            model=snakemake.wildcards.model,
            fold=snakemake.wildcards.fold,
            space=snakemake.params.space,
            method=snakemake.params.method,
            targets=snakemake.params.targets,
            pooling=snakemake.params.pooling,
            normalisation=snakemake.params.normalisation,
            seed=snakemake.params.seed,
            device=open_device(
                snakemake.params.device,
                snakemake.resources,
                snakemake.params.compute_threads,
                snakemake.params.gpu_jobs_per_device,
            ),
        )
