"""Heatmaps of one fold's held-out subjects by one method, for one architecture, averaged over its seeds."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.device import open_device
from relmaps.classify.weights import load_classifier
from relmaps.files import replacing
from relmaps.images import load_grid, read_mask, write_map
from relmaps.jobs import job
from relmaps.relevance.explain import UNTRAINED_SEED, explain_subjects, held_out, untrained_copy
from relmaps.relevance.group import volume_of
from relmaps.relevance.methods import open_method
from relmaps.relevance.pooling import PooledHeatmaps
from relmaps.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(weights, array, subjects, splits, brain_mask, fold_map, subject_maps, subject_table,
         map_name, model, fold, space, method, pooling, normalisation, seed, device):  # fmt: skip
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people = read_table(subjects, ("participant_id", "label"))
    rows = held_out(read_table(splits), fold, people["participant_id"])
    tested = people.iloc[rows]
    classifiers = [load_classifier(path) for path in weights]
    if map_name == "untrained":
        classifiers = [untrained_copy(classifiers[0], seed + UNTRAINED_SEED + int(fold))]

    images = np.load(array, mmap_mode="r")
    labels = tested["label"].to_numpy()
    heat = explain_subjects(
        classifiers, images, rows, labels, brain, open_method(map_name, method), "true_class", device
    )
    log.info("%s: completeness error %.2g on average", map_name, heat.completeness_error.mean())

    with replacing(subject_maps) as temporary, open(temporary, "wb") as file:
        np.save(file, heat.maps)
    columns = {
        "participant_id": tested["participant_id"],
        "label": labels,
        "fold": fold,
        "model": model,
        "score": heat.score,
        "completeness_error": heat.completeness_error,
    }
    write_table(pd.DataFrame(columns), subject_table)
    pooled = PooledHeatmaps([heat.maps], [np.arange(len(rows))], labels, pooling, normalisation)
    write_map(volume_of(pooled(np.ones((1, len(rows))))[0], brain, grid), fold_map, grid)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            weights=snakemake.input.weights,
            array=snakemake.input.array,
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            brain_mask=snakemake.input.brain_mask,
            fold_map=snakemake.output.fold_map,
            subject_maps=snakemake.output.subject_maps,
            subject_table=snakemake.output.subject_table,
            map_name=snakemake.wildcards.map,
            model=snakemake.wildcards.model,
            fold=snakemake.wildcards.fold,
            space=snakemake.params.space,
            method=snakemake.params.method,
            pooling=snakemake.params.pooling,
            normalisation=snakemake.params.normalisation,
            seed=snakemake.params.seed,
            device=open_device(
                snakemake.params.device,
                snakemake.resources.get("gpu", 0),
                snakemake.params.compute_threads,
                snakemake.params.gpu_jobs_per_device,
            ),
        )
