import numpy as np

from relmaps.io.tables import read_table
from relmaps.relevance.variants import write_variants
from tests.small_scoring_space import write_scoring_space
from workflow.scripts import score_variants


def test_every_variant_is_scored_in_every_specification(grid, brain, tmp_path, rng):
    choices = [("disease", pooling, "none", "mean_first", "signed") for pooling in ("all", "contrast")]
    maps = rng.normal(size=(2, brain.sum())).astype(np.float32)
    write_variants(tmp_path / "variants.npz", choices, maps)
    multiverse = {"sign": ["abs", "signed"], "smoothing_mm": [0, 9], "mask": ["brain"]}
    files = write_scoring_space(tmp_path, grid, brain)
    table = tmp_path / "variants.tsv"
    score_variants.main(
        [tmp_path / "variants.npz"],
        table=table,
        maps=["lrp"],
        multiverse=multiverse,
        scoring_files=files,
    )
    scores = read_table(table)
    assert len(scores[scores["metric"] == "roc_auc"]) == 2 * 4
    assert set(scores["pooling"]) == {"all", "contrast"}
    assert scores["value"].notna().all()
