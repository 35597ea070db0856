"""How alike heatmaps are between seeds, folds, architectures and methods, and where all maps lie."""

from itertools import product

import numpy as np
import pandas as pd

from relmaps.classify.predictions import chosen_in
from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.checks.location import label_tissues, location_rows
from relmaps.relevance.checks.stability import agreement_table, stability_rows


def main(*, group_maps, fold_maps, seed_maps, subject_tables, selection, brain_mask, tissues, space, stability,
         agreement, location):  # fmt: skip
    """group_maps : name -> image of every map. fold_maps, seed_maps, subject_tables : (map, model, fold) -> file, of
    heatmaps. tissues : images of gm, wm and csf."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    heatmaps = list(dict.fromkeys(name for name, _, _ in fold_maps))
    rows = []
    for name in heatmaps:
        of_folds = {key[1:]: read_map(path, grid)[brain] for key, path in fold_maps.items() if key[0] == name}
        of_seeds = {key[1:]: np.load(path) for key, path in seed_maps.items() if key[0] == name}
        rows.append(stability_rows(of_folds, of_seeds).assign(map=name))
    write_table(pd.concat(rows), stability, "stability")

    groups = {name: read_map(path, grid)[brain] for name, path in group_maps.items()}
    write_table(agreement_table(groups), agreement, "agreement")

    tissue = label_tissues(brain, *(read_map(path, grid) for path in tissues), grid.voxel_mm)
    chosen = read_table(selection)
    rows = []
    for name, values in groups.items():
        tables = [
            read_table(path, ("target", "outside_share"))
            for (of, model, fold), path in subject_tables.items()
            if of == name and chosen_in(chosen, fold, model)
        ]
        # The primary analysis's target comes first.
        shares = [table.loc[table["target"] == table["target"].iloc[0], "outside_share"] for table in tables]
        outside = pd.concat(shares).mean() if shares else np.nan
        rows.append(location_rows(values, tissue, brain, outside).assign(map=name))
    write_table(pd.concat(rows), location, "location")


if __name__ == "__main__":
    with job(snakemake, snakemake.params.compute_threads):
        keys = list(product(snakemake.params.heatmaps, snakemake.params.models, snakemake.params.folds))
        main(
            group_maps=dict(zip(snakemake.params.maps, snakemake.input.group_maps, strict=True)),
            fold_maps=dict(zip(keys, snakemake.input.fold_maps, strict=True)),
            seed_maps=dict(zip(keys, snakemake.input.seed_maps, strict=True)),
            subject_tables=dict(zip(keys, snakemake.input.subject_tables, strict=True)),
            selection=snakemake.input.selection,
            brain_mask=snakemake.input.brain_mask,
            tissues=[snakemake.input.gm, snakemake.input.wm, snakemake.input.csf],
            space=snakemake.params.space,
            stability=snakemake.output.stability,
            agreement=snakemake.output.agreement,
            location=snakemake.output.location,
        )
