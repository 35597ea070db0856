"""Predictions of a finished study's models on scans that none of them was trained on."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.batches import Scans
from relmaps.classify.device import open_device
from relmaps.classify.external import check_unseen, linear_scores
from relmaps.classify.predictions import prediction_table
from relmaps.classify.roles import find_rows
from relmaps.classify.training import predict_scores
from relmaps.classify.weights import load_classifier
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table

log = logging.getLogger("relmaps")

BATCH = 8  # scans that a network predicts together


def main(*, subjects, scans, brain_mask, images, linear_images, weights, linear, linear_folds, linear_weights, folds,
         finished, predictions, space, device):  # fmt: skip
    """`linear` : names of linear models; `linear_folds` : the table of each; `linear_weights` : each one's negated
    weight maps, fold by fold. `finished` : array, subjects, splits, scans and mask of the study that trained them."""
    table, grid = read_table(subjects), load_grid(brain_mask, space)
    check_unseen(read_table(scans), read_table(finished["scans"]), brain_mask, finished["mask"], space)
    brain, rows, parts = read_mask(brain_mask, grid), np.arange(len(table)), []
    for path in weights:
        classifier = load_classifier(path)
        network = classifier.network.to(device)
        cohort = Scans(open_array(images), classifier.scaling, table["label"].to_numpy(), brain, device)
        known = {key: classifier.metadata[key] for key in ("model", "fold", "seed")}
        scores = predict_scores(network, cohort, rows, BATCH)
        parts.append(prediction_table(table, rows, scores, role="test", **known))
    theirs, roles = read_table(finished["subjects"]), read_table(finished["splits"])
    trained_on, new = (open_array(path) for path in (finished["array"], linear_images))
    for number, (model, path) in enumerate(zip(linear, linear_folds, strict=True)):
        settings = read_table(path).set_index("fold")
        for fold, image in zip(folds, linear_weights[number * len(folds) :], strict=False):
            train = find_rows(roles, theirs, fold, "train", "validation")
            scores = linear_scores(-read_map(image, grid), settings.loc[fold, "intercept"], trained_on, train, new)
            parts.append(prediction_table(table, rows, scores, model=model, fold=fold, seed=0, role="test"))
    write_table(pd.concat(parts), predictions)
    log.info("%d scans predicted by %d networks and %d linear models", len(table), len(weights), len(linear))


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        names = ("array", "subjects", "splits", "scans", "mask")
        main(
            subjects=snakemake.input.subjects,
            scans=snakemake.input.scans,
            brain_mask=snakemake.input.brain_mask,
            images=snakemake.input.images,
            linear_images=snakemake.input.linear_images,
            weights=snakemake.input.weights,
            linear=snakemake.params.linear,
            linear_folds=snakemake.input.linear_folds,
            linear_weights=snakemake.input.linear_weights,
            folds=snakemake.params.folds,
            finished={name: snakemake.input[f"finished_{name}"] for name in names},
            predictions=snakemake.output.predictions,
            space=snakemake.params.space,
            device=open_device(
                snakemake.params.device,
                snakemake.resources,
                snakemake.params.compute_threads,
                snakemake.params.gpu_jobs_per_device,
            ),
        )
