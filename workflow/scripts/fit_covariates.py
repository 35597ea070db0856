"""Predict every fold's test part from age, sex and head size alone."""

import pandas as pd

from relmaps.catalogue.confounds import COVARIATES
from relmaps.classify.covariate_model import covariate_scores
from relmaps.classify.covariates import covariate_matrix
from relmaps.classify.predictions import prediction_table
from relmaps.classify.roles import find_rows
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, subjects, splits, predictions):
    table, roles = read_table(subjects), read_table(splits)
    covariates, labels = covariate_matrix(table), table["label"].to_numpy()
    parts = []
    for fold in roles["fold"].unique():
        train, test = find_rows(roles, table, fold, "train", "validation"), find_rows(roles, table, fold, "test")
        scores = covariate_scores(covariates, labels, train, test)
        parts.append(prediction_table(table, test, scores, model=COVARIATES, fold=fold, seed=0, role="test"))
    write_table(pd.concat(parts), predictions)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            predictions=snakemake.output.predictions,
        )
