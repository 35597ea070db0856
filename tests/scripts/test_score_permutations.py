import numpy as np
import pytest

from relmaps.images import write_map
from relmaps.reference.reference import Reference
from relmaps.tables import read_table
from workflow.scripts import score_permutations


@pytest.fixture
def arena_files(tmp_path, grid, brain):
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    write_map(brain & (np.indices(grid.shape)[2] < 5), tmp_path / "gm.nii.gz", grid, dtype=np.uint8)
    loss = brain & (np.indices(grid.shape)[0] > 4)
    files = [tmp_path / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json")]
    Reference(loss.astype(np.float32), loss, "truth", "", "", 0.1).write(*files, grid)
    return {
        "brain_mask": tmp_path / "brain.nii.gz",
        "gm_mask": tmp_path / "gm.nii.gz",
        "reference_masks": [files[1]],
        "reference_sidecars": [files[2]],
        "space": grid.space,
        "references": ["truth"],
    }


def test_each_permutation_has_its_scores(arena_files, grid, brain, tmp_path, rng):
    paths = [tmp_path / f"{seed}.npz" for seed in (3, 4)]
    x = np.indices(grid.shape)[0][brain]
    for path in paths:
        np.savez(path, good=x.astype(np.float32), noise=rng.random(x.size, np.float32))
    headline = {"sign": "signed", "smoothing_mm": 0, "mask": "brain"}
    table = tmp_path / "permuted.tsv"
    score_permutations.main(
        maps=paths, permutations=[3, 4], headline=headline, table=table, seed=0, arena_files=arena_files
    )
    scores = read_table(table, text=("permutation",)).set_index(["permutation", "map", "metric"])
    assert scores.loc[("3", "good", "roc_auc"), "value"] == 1
    assert 0.2 < scores.loc[("4", "noise", "roc_auc"), "value"] < 0.8
    assert scores.loc[("4", "good", "roc_auc"), "null_p_labels"] == 1
    assert scores.loc[("3", "good", "roc_auc"), "null_p_spatial"] <= 0.1
    assert scores.loc[("4", "noise", "roc_auc"), "null_p_spatial"] > 0.02
    assert np.isnan(scores.loc[("3", "good", "hausdorff_95_mm"), "null_p_spatial"])
