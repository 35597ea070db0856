"""Train one network on one fold and predict the participants that it did not train on."""

import logging
import os
from functools import partial
from pathlib import Path

import pandas as pd

from relmaps.classify.batches import Scans
from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network
from relmaps.classify.predictions import prediction_table
from relmaps.classify.recipe import make_recipe
from relmaps.classify.roles import find_rows
from relmaps.classify.scaling import UNSCALED, fit_scaling
from relmaps.classify.training import Training, make_seed, predict_scores, train_network
from relmaps.classify.weights import save_classifier
from relmaps.io.files import fingerprint
from relmaps.io.images import load_grid, read_mask
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(*, subjects, splits, images, brain_mask, weights, history, predictions, model, architecture, feature, fold,
         training_seed, seed, recipe, space, device, code):  # fmt: skip
    table, roles = read_table(subjects), read_table(splits)
    train, validation, test = (find_rows(roles, table, fold, role) for role in ("train", "validation", "test"))
    log.info("%s, fold %s: %d train, %d validate, %d tested", model, fold, len(train), len(validation), len(test))

    array, labels = open_array(images), table["label"].to_numpy()
    checkpoint = Path(weights).with_name("checkpoints") / Path(weights).name
    start = make_seed(seed, int(fold), training_seed)
    content = os.stat(images)
    parts = [table["participant_id"].iloc[rows].tolist() + labels[rows].tolist() for rows in (train, validation)]
    identity = fingerprint(model, architecture, recipe, start, parts, content.st_size, content.st_mtime_ns, code)
    recipe = make_recipe(recipe)
    scaling = fit_scaling(array, train) if recipe.input_scaling == "z_score" else UNSCALED
    scans = Scans(array, scaling, labels, read_mask(brain_mask, load_grid(brain_mask, space)), device)
    network = build_network(architecture, array.shape[1:], start)
    live = partial(write_table, path=history)
    training = Training(train, validation, recipe, start, checkpoint, identity, live)
    epoch, losses = train_network(network, scans, training)
    log.info("kept epoch %d", epoch)

    known = {"model": model, "architecture": architecture, "feature": feature, "grid_shape": list(array.shape[1:])}
    save_classifier(weights, network, scaling, known | {"fold": fold, "seed": training_seed, "epoch": epoch})
    write_table(losses, history)
    tables = [
        prediction_table(
            table,
            rows,
            predict_scores(network, scans, rows, recipe.batch_size),
            **{"model": model, "fold": fold, "seed": training_seed, "role": role},
        )
        for role, rows in {"validation": validation, "test": test}.items()
    ]
    write_table(pd.concat(tables), predictions)
    checkpoint.unlink(missing_ok=True)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            images=snakemake.input.images,
            brain_mask=snakemake.input.brain_mask,
            weights=snakemake.output.weights,
            history=snakemake.output.history,
            predictions=snakemake.output.predictions,
            model=snakemake.wildcards.network,
            architecture=snakemake.params.architecture,
            feature=snakemake.params.feature,
            fold=snakemake.wildcards.fold,
            training_seed=int(snakemake.wildcards.seed),
            seed=snakemake.params.seed,
            recipe=snakemake.params.recipe,
            space=snakemake.params.space,
            device=open_device(
                snakemake.params.device,
                snakemake.resources,
                snakemake.params.compute_threads,
                snakemake.params.gpu_jobs_per_device,
            ),
            code=snakemake.params.code,
        )
