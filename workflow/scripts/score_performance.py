"""Performance, calibration and variability of every model on held-out participants."""

import logging

from relmaps.catalogue.confounds import COVARIATES
from relmaps.catalogue.models import find_model
from relmaps.classify.calibration import calibration_table
from relmaps.classify.performance import add_probability, add_selected, performance_table
from relmaps.classify.variability import variability_table
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(*, predictions, selection, platt, performance, calibration, variability, features, cnn_feature, samples,
         confidence, seed):  # fmt: skip
    """platt : linear model -> table of its folds. features : model -> array; other networks see cnn_feature."""
    lines = {model: read_table(path, ("fold", "platt_slope", "platt_intercept")) for model, path in platt.items()}
    columns = ["fold", "platt_slope", "platt_intercept"]
    table = add_selected(read_table(predictions), read_table(selection))
    table = add_probability(table, {model: folds[columns] for model, folds in lines.items()})
    arrays = {
        model: "n/a" if find_model(model).kind == COVARIATES else cnn_feature for model in table["model"].unique()
    }
    scores = performance_table(table, arrays | features, samples, confidence, seed)
    for row in scores[(scores["fold"] == "all") & (scores["seed"] == "all")].itertuples():
        log.info("%s %s: %.3f [%.3f, %.3f]", row.model, row.metric, row.value, row.ci_low, row.ci_high)
    write_table(scores, performance, schema="performance")
    write_table(calibration_table(table, samples, confidence, seed), calibration, schema="calibration")
    write_table(variability_table(scores), variability, schema="variability")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            predictions=snakemake.input.predictions,
            selection=snakemake.input.selection,
            platt=dict(zip(snakemake.params.linear, snakemake.input.platt, strict=True)),
            performance=snakemake.output.performance,
            calibration=snakemake.output.calibration,
            variability=snakemake.output.variability,
            features=snakemake.params.features,
            cnn_feature=snakemake.params.cnn_feature,
            samples=snakemake.params.samples,
            confidence=snakemake.params.confidence,
            seed=snakemake.params.seed,
        )
