"""McNemar tests between the selected network, the linear models and the confound models."""

from relmaps.classify.mcnemar import compare_models
from relmaps.classify.performance import add_selected
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table


def main(*, predictions, selection, comparisons, samples, confidence, seed):
    table = add_selected(read_table(predictions), read_table(selection))
    write_table(compare_models(table, samples, confidence, seed), comparisons, schema="model_comparisons")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        main(
            predictions=snakemake.input.predictions,
            selection=snakemake.input.selection,
            comparisons=snakemake.output.comparisons,
            samples=snakemake.params.samples,
            confidence=snakemake.params.confidence,
            seed=snakemake.params.seed,
        )
