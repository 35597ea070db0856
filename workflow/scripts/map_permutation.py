"""Group maps of models trained on permuted labels, for the permutation test of the overlap."""

import logging

import numpy as np

from relmaps.catalogue.maps import CONTRIBUTION, find_map
from relmaps.classify.device import open_device
from relmaps.classify.roles import find_rows, held_out
from relmaps.classify.weights import load_classifier
from relmaps.io.files import replacing
from relmaps.io.images import load_grid, read_mask
from relmaps.io.jobs import job, progress
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table
from relmaps.relevance.contributions import explain_linear, mean_in_brain
from relmaps.relevance.explain import Cohort, explain_subjects, training_controls
from relmaps.relevance.fold_maps import FoldMaps
from relmaps.relevance.group import open_group_map
from relmaps.relevance.methods import open_method

log = logging.getLogger("relmaps")


def main(weights, array, subjects, splits, brain_mask, tissue_inputs, maps,
         methods, tissue_features, contributions, space, target, pooling, normalisation, seed, device):  # fmt: skip
    """`weights` : of one network per fold, in the order of the folds. `methods` : heatmap name -> its settings.

    `tissue_inputs`, `tissue_features` : of each tissue map, the files it needs and its feature. `contributions` : maps
    <estimator>_contribution, made from the tissue map <estimator>_weights.
    """
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people, roles = read_table(subjects, ("participant_id", "label")), read_table(splits)
    labels, images = people["label"].to_numpy(), open_array(array)
    found = {}
    for name, settings in progress(methods.items(), "heatmap"):
        method, folds = open_method(name, settings), []
        for fold, path in enumerate(weights, 1):
            rows = held_out(roles, str(fold), people["participant_id"])
            cohort = Cohort(images, labels, training_controls(roles, str(fold), people), grid, brain)
            batches = explain_subjects([load_classifier(path)], cohort, rows, method, [target], device, seed)
            fold_maps = FoldMaps(labels[rows], [target], pooling, normalisation)
            fold_maps.sum_up(batches)
            folds.append(fold_maps.fold_map)
        found[name] = np.mean(folds, axis=0)
    for name, inputs in progress(tissue_inputs.items(), "tissue map"):
        shared = {"subjects": subjects, "brain_mask": brain_mask, "space": space, "feature": tissue_features[name]}
        group_map = open_group_map(name, pooling=pooling, normalisation=normalisation, **shared, **inputs)
        found[name] = group_map.published()
        record = find_map(name)
        contribution = f"{record.estimator}_{CONTRIBUTION}"
        if record.kind == "weights" and contribution in contributions:
            linear_images, folds = open_array(inputs["array"]), []
            for fold in range(1, len(weights) + 1):
                rows = held_out(roles, str(fold), people["participant_id"])
                mean = mean_in_brain(linear_images, find_rows(roles, people, str(fold), "train", "validation"), brain)
                w, unknown = -group_map.combine.of_fold(fold - 1), np.full(len(rows), np.nan)
                fold_maps = FoldMaps(labels[rows], [target], pooling, normalisation)
                fold_maps.sum_up(
                    explain_linear(w, mean, linear_images, brain, rows, labels[rows], [target], unknown, np.nan)
                )
                folds.append(fold_maps.fold_map)
            found[contribution] = np.mean(folds, axis=0)
    with replacing(maps) as temporary, open(temporary, "wb") as file:
        np.savez(file, **{name: values.astype(np.float32) for name, values in found.items()})


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            weights=snakemake.input.weights,
            array=snakemake.input.array,
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            brain_mask=snakemake.input.brain_mask,
            tissue_inputs=snakemake.params.tissue_inputs,
            maps=snakemake.output.maps,
            methods=snakemake.params.methods,
            tissue_features=snakemake.params.tissue_features,
            contributions=snakemake.params.contributions,
            space=snakemake.params.space,
            target=snakemake.params.target,
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
