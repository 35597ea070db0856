from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from relmaps.io.images import write_map
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import ScoringSpace, Specification, list_specifications, open_scoring_space
from relmaps.reference.reference import Reference, Thresholded

AUC = list(METRICS).index("roc_auc")


@pytest.mark.parametrize("mask", ["brain", "gm"])
def test_scores_only_the_masks_voxels(scoring_space, rng, mask):
    values = rng.standard_normal(scoring_space.brain.sum()).astype(np.float32)
    scores = scoring_space.scorer(Specification("positive", 0, mask))(values)
    inside = scoring_space.masks["brain"] & scoring_space.masks[mask]
    volume = np.zeros(scoring_space.grid.shape)
    volume[scoring_space.brain] = np.maximum(values, 0)
    for row, reference in zip(scores, scoring_space.references, strict=True):
        assert row[AUC] == pytest.approx(roc_auc_score(reference.mask[inside], volume[inside]))


@pytest.mark.parametrize("mask", ["brain", "gm"])
def test_tissue_is_that_of_the_masks_voxels(scoring_space, rng, mask):
    scorer = scoring_space.scorer(Specification("signed", 0, mask))
    inside = scoring_space.masks["brain"] & scoring_space.masks[mask]
    for target in [*scorer.targets, *scorer.thresholds]:
        np.testing.assert_array_equal(target.strata, np.floor(10 * scoring_space.gm_probability[inside]))
    without = replace(scoring_space, gm_probability=None).scorer(Specification("signed", 0, mask))
    values = rng.random(scoring_space.brain.sum())
    column = list(METRICS).index("tissue_adjusted_auc")
    assert np.isfinite(scorer(values)[0, column])
    assert np.isnan(without(values)[0, column])


def test_specifications_are_all_combinations():
    specifications = list(
        list_specifications({"sign": ["abs", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]})
    )
    assert len(set(specifications)) == 8
    assert Specification("signed", 8, "brain") in specifications


def test_can_score_unless_every_reference_is_empty(scoring_space):
    empty = [type(r)(r.name, np.zeros_like(r.mask), r.kind, None) for r in scoring_space.references]
    specification = Specification("abs", 0, "brain")
    assert (
        ScoringSpace(scoring_space.grid, scoring_space.masks, [empty[0], scoring_space.references[1]])
        .scorer(specification)
        .can_score
    )
    nothing = ScoringSpace(scoring_space.grid, scoring_space.masks, empty).scorer(specification)
    assert not nothing.can_score
    assert np.isnan(nothing(np.ones(scoring_space.brain.sum()))).all()


def test_opens_from_the_studys_files(scoring_space, tmp_path):
    for name, mask in scoring_space.masks.items():
        write_map(mask, tmp_path / f"{name}.nii.gz", scoring_space.grid, dtype=np.uint8)
    paths = {"reference_masks": [], "reference_sidecars": [], "reference_maps": [], "reference_thresholds": []}
    for reference in scoring_space.references:
        folder = tmp_path / reference.name
        loss = reference.mask.astype(np.float32)
        strict = Thresholded("strict", reference.mask & (np.indices(scoring_space.grid.shape)[1] > 4), 0.7, "")
        thresholds = [Thresholded("usual", reference.mask, reference.threshold, ""), strict]
        whole = Reference(loss, reference.mask, reference.kind, "", "", reference.threshold, thresholds=thresholds)
        files = [folder / name for name in ("map.nii.gz", "mask.nii.gz", "reference.json", "thresholds.npz")]
        whole.write(*files[:3], scoring_space.grid, files[3])
        for name, path in zip(("maps", "masks", "sidecars", "thresholds"), files, strict=True):
            paths[f"reference_{name}"].append(path)
    names = [reference.name for reference in scoring_space.references]
    masks = {"brain_mask": tmp_path / "brain.nii.gz", "gm_mask": tmp_path / "gm.nii.gz"}
    write_map(scoring_space.gm_probability, tmp_path / "probability.nii.gz", scoring_space.grid)
    masks["gm_probability"] = tmp_path / "probability.nii.gz"
    opened = open_scoring_space(**masks, space=scoring_space.grid.space, references=names, **paths)
    for ours, theirs in zip(opened.references, scoring_space.references, strict=True):
        np.testing.assert_array_equal(ours.mask, theirs.mask)
        assert (ours.name, ours.kind, ours.threshold) == (theirs.name, theirs.kind, theirs.threshold)
    assert [reference.label for reference in opened.references] == ["usual", "usual"]
    assert [(cut.name, cut.label, cut.threshold) for cut in opened.thresholds] == [
        (name, "strict", 0.7) for name in names
    ]
    assert opened.thresholds[0].mask.sum() < opened.references[0].mask.sum()
    np.testing.assert_array_equal(opened.evidence[1], scoring_space.references[1].mask)
    np.testing.assert_array_equal(opened.masks["gm"], scoring_space.masks["gm"])
    np.testing.assert_array_equal(opened.gm_probability, scoring_space.gm_probability)
    np.testing.assert_allclose(opened.grid.affine, scoring_space.grid.affine)
