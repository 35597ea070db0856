import numpy as np
import pytest

from relmaps.images import write_map
from relmaps.reference.reference import Reference
from relmaps.relevance.variants import write_variants
from relmaps.tables import read_table
from workflow.scripts import score_variants


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


def test_every_variant_is_scored_in_every_cell(arena_files, brain, tmp_path, rng):
    choices = [("disease", pooling, "none", "mean_first", "signed") for pooling in ("all", "contrast")]
    maps = rng.normal(size=(2, brain.sum())).astype(np.float32)
    write_variants(tmp_path / "variants.npz", choices, maps)
    sweep = {"sign": ["abs", "signed"], "smoothing_mm": [0, 9], "mask": ["brain"]}
    table = tmp_path / "variants.tsv"
    score_variants.main([tmp_path / "variants.npz"], table=table, maps=["lrp"], sweep=sweep, arena_files=arena_files)
    scores = read_table(table)
    assert len(scores[scores["metric"] == "roc_auc"]) == 2 * 4
    assert set(scores["pooling"]) == {"all", "contrast"}
    assert scores["value"].notna().all()
