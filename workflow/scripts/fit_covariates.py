"""Predict every fold's test part from the known covariates alone: age, sex and head size."""

import pandas as pd

from relmaps.catalogue.confounds import name_covariate_model
from relmaps.classify.covariate_model import covariate_scores
from relmaps.classify.covariates import covariate_matrix, known_covariates
from relmaps.classify.predictions import prediction_table
from relmaps.classify.roles import find_rows
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, subjects, splits, predictions):
    table, roles = read_table(subjects), read_table(splits)
    known, labels = known_covariates(table), table["label"].to_numpy()
    covariates, model = covariate_matrix(known, len(table)), name_covariate_model(known)
    parts = []
    for fold in roles["fold"].unique():
        train, test = find_rows(roles, table, fold, "train", "validation"), find_rows(roles, table, fold, "test")
        scores = covariate_scores(covariates, labels, train, test)
        parts.append(prediction_table(table, test, scores, model=model, fold=fold, seed=0, role="test"))
    write_table(pd.concat(parts), predictions)


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            predictions=snakemake.output.predictions,
        )
