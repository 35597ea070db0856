import numpy as np

from relmaps.io.tables import read_table
from tests.small_scoring_space import write_scoring_space
from workflow.scripts import score_permutations


def test_each_permutation_has_its_scores(grid, brain, tmp_path, rng):
    paths = [tmp_path / f"{seed}.npz" for seed in (3, 4)]
    x = np.indices(grid.shape)[0][brain]
    for path in paths:
        np.savez(path, good=x.astype(np.float32), noise=rng.random(x.size, np.float32))
    primary = {"sign": "signed", "smoothing_mm": 0, "mask": "brain"}
    files = write_scoring_space(tmp_path, grid, brain)
    table = tmp_path / "permuted.tsv"
    score_permutations.main(
        maps=paths,
        permutations=[3, 4],
        primary=primary,
        table=table,
        seed=0,
        scoring_files=files,
    )
    scores = read_table(table, text=("permutation",)).set_index(["permutation", "map", "metric"])
    assert scores.loc[("3", "good", "roc_auc"), "value"] == 1
    assert 0.2 < scores.loc[("4", "noise", "roc_auc"), "value"] < 0.8
    assert scores.loc[("4", "good", "roc_auc"), "null_p_labels"] == 1
    assert scores.loc[("3", "good", "roc_auc"), "null_p_spatial"] <= 0.1
    assert scores.loc[("4", "noise", "roc_auc"), "null_p_spatial"] > 0.02
    assert np.isnan(scores.loc[("3", "good", "hausdorff_95_mm"), "null_p_spatial"])
