"""Fit a linear SVM on every fold's participants outside the test part, and predict the test part."""

import logging

import numpy as np
import pandas as pd

from relmaps.classify.predictions import SVM, prediction_table
from relmaps.classify.splits import rows_of
from relmaps.classify.svm import centred_kernel, fit_linear_svm, gram_matrix
from relmaps.jobs import job
from relmaps.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(subjects, splits, images, predictions, c):
    table = read_table(subjects)
    roles = read_table(splits)
    labels = table["label"].to_numpy()
    gram = gram_matrix(np.load(images, mmap_mode="r"))
    parts = []
    for fold in roles["fold"].unique():
        train, test = rows_of(roles, table, fold, "train", "validation"), rows_of(roles, table, fold, "test")
        kernel, _ = centred_kernel(gram, train)
        dual, intercept = fit_linear_svm(kernel[np.ix_(train, train)], labels[train], c)
        scores = kernel[np.ix_(test, train)] @ dual + intercept
        parts.append(prediction_table(table, test, scores, model=SVM, fold=fold, seed=0, role="test"))
        hits = np.sum((scores > 0) == labels[test])
        log.info("fold %s: %d support vectors, %d of %d right", fold, np.sum(dual != 0), hits, len(test))
    write_table(pd.concat(parts), predictions)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            images=snakemake.input.images,
            predictions=snakemake.output.predictions,
            c=snakemake.params.c,
        )
