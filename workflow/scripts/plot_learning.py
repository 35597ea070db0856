"""Figure: loss by epoch of the network selected in each fold."""

from relmaps.figures.learning import plot_learning
from relmaps.figures.overlap import is_true
from relmaps.figures.style import house_style, save_figure
from relmaps.io.jobs import job
from relmaps.io.tables import read_table


def main(*, histories, selection, figures):
    """histories : (model, fold, seed) -> history of every network that could be selected."""
    table = read_table(selection)
    chosen, names = {}, {}
    for row in table[is_true(table["chosen"])].itertuples():
        chosen.setdefault(row.fold, []).append(read_table(histories[row.model, row.fold, row.seed]))
        names[row.fold] = row.model
    folds = sorted(chosen, key=int)
    with house_style():
        save_figure(plot_learning({fold: chosen[fold] for fold in folds}, names), figures)


if __name__ == "__main__":
    with job(snakemake):
        trainings = [(model, str(fold), int(seed)) for model, fold, seed in snakemake.params.trainings]
        main(
            histories=dict(zip(trainings, snakemake.input.histories, strict=True)),
            selection=snakemake.input.selection,
            figures=snakemake.output,
        )
