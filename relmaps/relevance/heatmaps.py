"""Maps of single subjects, as the explanations of each fold's model left them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.classify.predictions import chosen_networks
from relmaps.io.errors import UserError
from relmaps.io.memmap import open_array
from relmaps.io.tables import read_table
from relmaps.relevance.pooling import FoldHeatmaps

COLUMNS = ("participant_id", "fold", "model", "target", "completeness_error", "amplitude", "l1")


def chosen_heatmaps(
    subject_maps: Sequence[str | Path],
    subject_tables: Sequence[str | Path],
    selection: str | Path | None,
    participants: pd.Series,
    target: str,
) -> tuple[list[FoldHeatmaps], list[str], dict[str, float]]:
    """Maps of each fold's chosen network in the order of the folds, these networks, and their completeness errors.

    subject_maps, subject_tables : of every model and fold, in the same order (relmaps.relevance.fold_maps).
    selection : selection.tsv; None where all files are of one model, a linear one, of which there is nothing to choose.
    participants : of the study, in the order of its weight vectors. Maps are memory-mapped.
    """
    tables = [read_table(path, COLUMNS) for path in subject_tables]
    files = {
        (table["fold"].iloc[0], table["model"].iloc[0]): (path, table)
        for path, table in zip(subject_maps, tables, strict=True)
    }
    row_of = {participant: row for row, participant in enumerate(participants)}
    folds, models, errors = [], [], []
    one_each = sorted(files, key=lambda key: int(key[0]))
    for fold, model in chosen_networks(read_table(selection)) if selection else one_each:
        path, table = files[fold, model]
        targets = list(dict.fromkeys(table["target"]))
        if target not in targets:
            raise UserError(f"{path}: holds no maps of target {target}; delete it and rerun the relevance stage")
        table = table[table["target"] == target]
        maps = open_array(path)[targets.index(target)]
        rows = np.array([row_of[participant] for participant in table["participant_id"]])
        folds.append(FoldHeatmaps(maps, rows, table["amplitude"].to_numpy(), table["l1"].to_numpy()))
        models.append(model)
        errors.append(table["completeness_error"].dropna())
    error = pd.concat(errors)
    known = {"median": float(f"{error.median():.3g}"), "largest": float(f"{error.max():.3g}")} if len(error) else {}
    return folds, models, known
