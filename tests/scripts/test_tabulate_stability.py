from itertools import product

import numpy as np
import pandas as pd
import pytest

from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from workflow.scripts import tabulate_stability

OUTPUTS = ("stability", "agreement", "location")


@pytest.fixture
def job(tmp_path, grid, brain, rng):
    """Two heatmaps of two networks, two folds and two seeds, and a map of another kind; `wide` is chosen in fold 2."""
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    tissues = []
    for tissue, share in {"gm": 0.6, "wm": 0.3, "csf": 0.1}.items():
        tissues.append(tmp_path / f"{tissue}.nii.gz")
        write_map(np.full(grid.shape, share), tissues[-1], grid)
    keys = list(product(["lrp", "untrained"], ["small", "wide"], ["1", "2"]))
    paths = {"fold_maps": {}, "seed_maps": {}, "subject_tables": {}}
    for number, key in enumerate(keys):
        stem = tmp_path / "-".join(key)
        seeds = rng.normal(size=(2, brain.sum())).astype(np.float32)
        paths["seed_maps"][key], paths["fold_maps"][key] = f"{stem}.npy", f"{stem}.nii.gz"
        np.save(f"{stem}.npy", seeds)
        volume = np.zeros(grid.shape, dtype=np.float32)
        volume[brain] = seeds.mean(axis=0)
        write_map(volume, f"{stem}.nii.gz", grid)
        rows = [("disease", 0.1 * number + 0.01), ("disease", 0.1 * number + 0.03), ("true_class", 0.9)]
        write_table(pd.DataFrame(rows, columns=["target", "outside_share"]), stem.with_suffix(".tsv"))
        paths["subject_tables"][key] = stem.with_suffix(".tsv")
    group_maps = {}
    for name in ("lrp", "untrained", "vbm_t"):
        group_maps[name] = tmp_path / f"{name}.nii.gz"
        write_map(rng.normal(size=grid.shape) * brain, group_maps[name], grid)
    rows = [("1", "small", "true"), ("1", "wide", "false"), ("2", "small", "false"), ("2", "wide", "true")]
    write_table(pd.DataFrame(rows, columns=["fold", "model", "chosen"]), tmp_path / "selection.tsv")
    known = {"selection": tmp_path / "selection.tsv", "brain_mask": tmp_path / "mask.nii.gz", "space": grid.space}
    outputs = {name: tmp_path / f"{name}.tsv" for name in OUTPUTS}
    return paths | {"group_maps": group_maps, "tissues": tissues} | known | outputs


def test_heatmaps_are_compared_between_networks(job):
    tabulate_stability.main(**job)
    table = read_table(job["stability"]).set_index(["map", "between"])
    assert table["n_pairs"].unstack()[["seeds", "folds", "architectures"]].to_numpy().tolist() == [[4, 2, 2]] * 2
    expected = [np.corrcoef(np.load(path))[0, 1] for key, path in job["seed_maps"].items() if key[0] == "lrp"]
    assert table.loc[("lrp", "seeds"), "pearson"] == pytest.approx(np.mean(expected))
    assert table.loc[("lrp", "seeds"), "pearson_lowest"] == pytest.approx(np.min(expected))


def test_every_pair_of_group_maps_is_compared(job):
    tabulate_stability.main(**job)
    pairs = read_table(job["agreement"])[["map_a", "map_b"]].to_numpy().tolist()
    assert pairs == [["lrp", "untrained"], ["lrp", "vbm_t"], ["untrained", "vbm_t"]]


def test_what_lay_outside_is_that_of_the_chosen_networks_and_the_primary_target(job):
    tabulate_stability.main(**job)
    table = read_table(job["location"]).pivot(index="map", columns="tissue", values="share")
    np.testing.assert_allclose(table[["gm", "wm", "csf", "edge"]].sum(axis=1), 1)
    numbers = {key: number for number, key in enumerate(job["fold_maps"])}
    for name in ("lrp", "untrained"):
        chosen = [numbers[name, "small", "1"], numbers[name, "wide", "2"]]
        assert table.loc[name, "outside"] == pytest.approx(0.1 * np.mean(chosen) + 0.02)
    assert np.isnan(table.loc["vbm_t", "outside"])
