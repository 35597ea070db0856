"""A model card for the network selected in each fold."""

import platform
from importlib.metadata import version

import relmaps
from relmaps.classify.cards import make_card
from relmaps.classify.checkpoint_metadata import read_weights
from relmaps.figures.overlap import is_true
from relmaps.io.files import write_text
from relmaps.io.jobs import job
from relmaps.io.tables import read_table

PACKAGES = ("torch", "numpy", "scikit-learn", "safetensors")


def main(*, subjects, splits, selection, performance, weights, cards, recipe, study, confidence):
    """weights : files of all networks. cards : fold -> file to write. study : as for make_card."""
    of_training = {one.key: one for one in map(read_weights, weights)}
    chosen = read_table(selection)
    chosen = chosen[is_true(chosen["chosen"])]
    roles, table, scores = read_table(splits), read_table(subjects), read_table(performance)
    versions = {"relmaps": relmaps.__version__, "python": platform.python_version()}
    versions |= {name: version(name) for name in PACKAGES}
    for fold, card in cards.items():
        mine = chosen.loc[chosen["fold"] == fold, ["model", "fold", "seed"]]
        people = table.merge(roles.loc[roles["fold"] == fold, ["participant_id", "role"]], on="participant_id")
        text = make_card(
            fold,
            [of_training[key] for key in mine.itertuples(index=False, name=None)],
            people[["role", "label", "age", "sex"]],
            scores,
            recipe=recipe,
            study=study,
            confidence=confidence,
            versions=versions,
        )
        write_text(text, card)


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            splits=snakemake.input.splits,
            selection=snakemake.input.selection,
            performance=snakemake.input.performance,
            weights=snakemake.input.weights,
            cards=dict(zip(snakemake.params.folds, snakemake.output.cards, strict=True)),
            recipe=snakemake.params.recipe,
            study=snakemake.params.study,
            confidence=snakemake.params.confidence,
        )
