"""Train one network on one fold and predict the participants that it did not train on."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network
from relmaps.classify.predictions import prediction_table
from relmaps.classify.scaling import fit_scaling
from relmaps.classify.splits import rows_of
from relmaps.classify.training import Recipe, Scans, predict_scores, seed_of, train_network
from relmaps.classify.weights import save_classifier
from relmaps.jobs import job
from relmaps.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(*, subjects, splits, images, weights, history, predictions, model, feature, fold, training_seed, seed, recipe,
         device, gpus, compute_threads):  # fmt: skip
    device = open_device(device, gpus, compute_threads)
    table = read_table(subjects)
    roles = read_table(splits)
    train, validation, test = (rows_of(roles, table, fold, role) for role in ("train", "validation", "test"))
    log.info("%s, fold %s: %d train, %d validate, %d tested", model, fold, len(train), len(validation), len(test))

    array = np.load(images, mmap_mode="r")
    scans = Scans(array, fit_scaling(array, train), table["label"].to_numpy(), device)
    start = seed_of(seed, int(fold), training_seed)
    network = build_network(model, array.shape[1:], start)
    recipe = Recipe(**recipe)
    epoch, losses = train_network(network, scans, train, validation, recipe, start)
    log.info("kept epoch %d", epoch)

    known = {"model": model, "feature": feature, "grid_shape": list(array.shape[1:]), "fold": fold, "epoch": epoch}
    save_classifier(weights, network, scans.scaling, known | {"seed": training_seed})
    write_table(losses, history)
    parts = [
        prediction_table(
            table,
            rows,
            predict_scores(network, scans, rows, recipe.batch_size),
            **{"model": model, "fold": fold, "seed": training_seed, "role": role},
        )
        for role, rows in {"validation": validation, "test": test}.items()
    ]
    write_table(pd.concat(parts), predictions)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            images=snakemake.input.images,
            weights=snakemake.output.weights,
            history=snakemake.output.history,
            predictions=snakemake.output.predictions,
            model=snakemake.wildcards.model,
            feature=snakemake.params.feature,
            fold=snakemake.wildcards.fold,
            training_seed=int(snakemake.wildcards.seed),
            seed=snakemake.params.seed,
            recipe=snakemake.params.recipe,
            device=snakemake.params.device,
            gpus=snakemake.resources.get("gpu", 0),
            compute_threads=snakemake.params.compute_threads,
        )
