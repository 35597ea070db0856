"""Performance of every model on held-out participants."""

import logging

from relmaps.classify.performance import add_selected, performance_table
from relmaps.classify.predictions import SVM
from relmaps.jobs import job
from relmaps.tables import read_table, write_table

log = logging.getLogger("relmaps")


def main(predictions, selection, performance, svm_feature, cnn_feature, draws, confidence, seed):
    table = add_selected(read_table(predictions), read_table(selection))
    features = dict.fromkeys(table["model"], cnn_feature) | {SVM: svm_feature}
    scores = performance_table(table, features, draws, confidence, seed)
    for row in scores[(scores["fold"] == "all") & (scores["seed"] == "all")].itertuples():
        log.info("%s %s: %.3f [%.3f, %.3f]", row.model, row.metric, row.value, row.ci_low, row.ci_high)
    write_table(scores, performance, schema="performance")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            predictions=snakemake.input.predictions,
            selection=snakemake.input.selection,
            performance=snakemake.output.performance,
            svm_feature=snakemake.params.svm_feature,
            cnn_feature=snakemake.params.cnn_feature,
            draws=snakemake.params.draws,
            confidence=snakemake.params.confidence,
            seed=snakemake.params.seed,
        )
