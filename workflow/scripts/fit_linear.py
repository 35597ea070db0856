"""Fit a linear model on every fold's participants outside the test part, and predict the test part."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.linear import centred_kernel, fit_linear
from relmaps.classify.penalty import choose_c
from relmaps.classify.platt import platt
from relmaps.classify.predictions import prediction_table
from relmaps.classify.roles import find_rows
from relmaps.io.jobs import job
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(*, subjects, splits, gram, predictions, folds, model, estimator, grid, seed):
    """`model` : name in predictions.tsv. `estimator` : svm or logistic. `grid` : the values of C to choose from.

    A row of `folds` gives what applies a fold's model to other scans x, with its training subjects' mean image m and
    weights w per unit of the feature: decision value w'(x - m) + intercept, probability of disease
    1 / (1 + exp(-(platt_slope * decision value + platt_intercept))). `scale` is that of centred_kernel.
    """
    table, roles = read_table(subjects), read_table(splits)
    labels, gram = table["label"].to_numpy(), open_array(gram)
    parts, rows = [], []
    for fold in roles["fold"].unique():
        train, test = find_rows(roles, table, fold, "train", "validation"), find_rows(roles, table, fold, "test")
        chosen = choose_c(estimator, gram, labels, train, grid, seed)
        kernel, scale = centred_kernel(gram, train)
        dual, intercept = fit_linear(estimator, kernel[np.ix_(train, train)], labels[train], chosen.c)
        scores = kernel[np.ix_(test, train)] @ dual + intercept
        slope, offset = platt(chosen.scores, labels[train])
        parts.append(prediction_table(table, test, scores, model=model, fold=fold, seed=0, role="test"))
        rows.append(
            {
                "fold": fold,
                "c": chosen.c,
                "inner_balanced_accuracy": chosen.balanced_accuracy,
                "n_support": np.count_nonzero(dual) if estimator == "svm" else None,
                "intercept": intercept,
                "scale": scale,
                "platt_slope": slope,
                "platt_intercept": offset,
            }
        )
        hits = np.sum((scores > 0) == labels[test])
        accuracy = chosen.balanced_accuracy
        log.info("fold %s: C %g at inner accuracy %.3f, %d of %d right", fold, chosen.c, accuracy, hits, len(test))
    write_table(pd.concat(parts), predictions)
    write_table(pd.DataFrame(rows), folds)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            gram=snakemake.input.gram,
            predictions=snakemake.output.predictions,
            folds=snakemake.output.folds,
            model=snakemake.wildcards.linear,
            estimator=snakemake.params.estimator,
            grid=snakemake.params.grid,
            seed=snakemake.params.seed,
        )
