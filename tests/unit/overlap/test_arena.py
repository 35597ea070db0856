import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from relmaps.images import write_map
from relmaps.overlap.arena import Arena, Cell, cells_of, open_arena
from relmaps.overlap.metrics import METRICS
from relmaps.reference.reference import Reference

AUC = list(METRICS).index("roc_auc")


@pytest.mark.parametrize("mask", ["brain", "gm"])
def test_scores_only_the_masks_voxels(arena, rng, mask):
    values = rng.standard_normal(arena.brain.sum()).astype(np.float32)
    scores = arena.scorer(Cell("positive", 0, mask))(values)
    inside = arena.masks["brain"] & arena.masks[mask]
    volume = np.zeros(arena.grid.shape)
    volume[arena.brain] = np.maximum(values, 0)
    for row, reference in zip(scores, arena.references, strict=True):
        assert row[AUC] == pytest.approx(roc_auc_score(reference.mask[inside], volume[inside]))


def test_cells_are_all_combinations():
    cells = list(cells_of({"sign": ["abs", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]}))
    assert len(set(cells)) == 8
    assert Cell("signed", 8, "brain") in cells


def test_can_score_unless_every_reference_is_empty(arena):
    empty = [type(r)(r.name, np.zeros_like(r.mask), r.kind, None) for r in arena.references]
    cell = Cell("abs", 0, "brain")
    assert Arena(arena.grid, arena.masks, [empty[0], arena.references[1]]).scorer(cell).can_score
    nothing = Arena(arena.grid, arena.masks, empty).scorer(cell)
    assert not nothing.can_score
    assert np.isnan(nothing(np.ones(arena.brain.sum()))).all()


def test_opens_from_the_studys_files(arena, tmp_path):
    for name, mask in arena.masks.items():
        write_map(mask, tmp_path / f"{name}.nii.gz", arena.grid, dtype=np.uint8)
    paths = {"masks": [], "sidecars": []}
    for reference in arena.references:
        folder = tmp_path / reference.name
        loss = reference.mask.astype(np.float32)
        whole = Reference(loss, reference.mask, reference.kind, "", "", reference.threshold)
        whole.write(folder / "map.nii.gz", folder / "mask.nii.gz", folder / "reference.json", arena.grid)
        paths["masks"].append(folder / "mask.nii.gz")
        paths["sidecars"].append(folder / "reference.json")
    names = [reference.name for reference in arena.references]
    opened = open_arena(tmp_path / "brain.nii.gz", tmp_path / "gm.nii.gz", arena.grid.space, names, **paths)
    for ours, theirs in zip(opened.references, arena.references, strict=True):
        np.testing.assert_array_equal(ours.mask, theirs.mask)
        assert (ours.name, ours.kind, ours.threshold) == (theirs.name, theirs.kind, theirs.threshold)
    np.testing.assert_array_equal(opened.masks["gm"], arena.masks["gm"])
    np.testing.assert_allclose(opened.grid.affine, arena.grid.affine)
