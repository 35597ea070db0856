import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from relmaps.io.images import write_map
from relmaps.overlap.arena import Arena, Cell, cells_of, open_arena
from relmaps.overlap.metrics import METRICS
from relmaps.reference.reference import Cut, Reference

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
    paths = {"reference_masks": [], "reference_sidecars": [], "reference_maps": [], "reference_thresholds": []}
    for reference in arena.references:
        folder = tmp_path / reference.name
        loss = reference.mask.astype(np.float32)
        strict = Cut("strict", reference.mask & (np.indices(arena.grid.shape)[1] > 4), 0.7, "")
        cuts = [Cut("usual", reference.mask, reference.threshold, ""), strict]
        whole = Reference(loss, reference.mask, reference.kind, "", "", reference.threshold, cuts=cuts)
        files = [folder / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json", "thresholds.npz")]
        whole.write(*files[:3], arena.grid, files[3])
        for name, path in zip(("maps", "masks", "sidecars", "thresholds"), files, strict=True):
            paths[f"reference_{name}"].append(path)
    names = [reference.name for reference in arena.references]
    masks = {"brain_mask": tmp_path / "brain.nii.gz", "gm_mask": tmp_path / "gm.nii.gz"}
    opened = open_arena(**masks, space=arena.grid.space, references=names, **paths)
    for ours, theirs in zip(opened.references, arena.references, strict=True):
        np.testing.assert_array_equal(ours.mask, theirs.mask)
        assert (ours.name, ours.kind, ours.threshold) == (theirs.name, theirs.kind, theirs.threshold)
    assert [reference.label for reference in opened.references] == ["usual", "usual"]
    assert [(cut.name, cut.label, cut.threshold) for cut in opened.cuts] == [(name, "strict", 0.7) for name in names]
    assert opened.cuts[0].mask.sum() < opened.references[0].mask.sum()
    np.testing.assert_array_equal(opened.evidence[1], arena.references[1].mask)
    np.testing.assert_array_equal(opened.masks["gm"], arena.masks["gm"])
    np.testing.assert_allclose(opened.grid.affine, arena.grid.affine)
