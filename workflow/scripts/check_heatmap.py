"""Does a heatmap depend on what the network learnt, and does the network use what it points at?"""

import numpy as np
import pandas as pd

from relmaps.classify.device import open_device
from relmaps.classify.roles import held_out
from relmaps.classify.weights import load_classifier
from relmaps.io.images import load_grid, read_mask
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.checks.faithfulness import Replacing, area_table, curve_table, evidence_along
from relmaps.relevance.checks.randomisation import randomisation_table
from relmaps.relevance.checks.scans import sample_rows
from relmaps.relevance.explain import Cohort, training_controls
from relmaps.relevance.methods import open_method


def main(*, weights, array, subjects, splits, brain_mask, randomisation, faithfulness, areas, map_name, space, method,
         scans, replacing, bootstrap_draws, confidence, seed, device):  # fmt: skip
    """weights : fold -> file. scans : check -> how many of a fold's held-out scans it takes at most."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people, roles = read_table(subjects, ("participant_id", "label")), read_table(splits)
    labels, images = people["label"].to_numpy(), open_array(array)
    heatmap = open_method(map_name, method)
    changes, evidence, strata = {}, {}, {}
    for fold, path in weights.items():
        classifier = load_classifier(path)
        cohort = Cohort(images, labels, training_controls(roles, fold, people), grid, brain)
        rows = held_out(roles, fold, people["participant_id"])
        few, more = (sample_rows(rows, labels, scans[check], seed) for check in ("randomisation", "faithfulness"))
        changes[fold] = randomisation_table(classifier, cohort, few, heatmap, device, seed)
        evidence[fold] = evidence_along(classifier, cohort, more, heatmap, device, replacing)
        strata[fold] = 2 * int(fold) + labels[more]
    evidence["all"], strata["all"] = (np.concatenate(list(parts.values())) for parts in (evidence, strata))
    curves = {fold: curve_table(values) for fold, values in evidence.items()}
    of_areas = {
        fold: area_table(values, strata[fold], bootstrap_draws, confidence, seed) for fold, values in evidence.items()
    }
    for tables, path, schema in (
        (changes, randomisation, "randomisation"),
        (curves, faithfulness, "faithfulness"),
        (of_areas, areas, "faithfulness_areas"),
    ):
        by_fold = [table.assign(map=map_name, fold=fold) for fold, table in tables.items()]
        write_table(pd.concat(by_fold), path, schema)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            weights=dict(zip(snakemake.params.folds, snakemake.input.weights, strict=True)),
            array=snakemake.input.array,
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            brain_mask=snakemake.input.brain_mask,
            randomisation=snakemake.output.randomisation,
            faithfulness=snakemake.output.faithfulness,
            areas=snakemake.output.areas,
            map_name=snakemake.wildcards.map,
            space=snakemake.params.space,
            method=snakemake.params.method,
            scans=snakemake.params.scans,
            replacing=Replacing(**snakemake.params.replacing, seed=snakemake.params.seed),
            bootstrap_draws=snakemake.params.bootstrap_draws,
            confidence=snakemake.params.confidence,
            seed=snakemake.params.seed,
            device=open_device(
                snakemake.params.device,
                snakemake.resources,
                snakemake.params.compute_threads,
                snakemake.params.gpu_jobs_per_device,
            ),
        )
