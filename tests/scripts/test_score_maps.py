import numpy as np
import pytest

from relmaps.files import write_json
from relmaps.images import write_map
from relmaps.overlap.draws import Draws
from relmaps.overlap.metrics import METRICS
from relmaps.reference.reference import Reference
from relmaps.tables import columns_of, read_table
from workflow.scripts import score_maps


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    """A heatmap with two folds and a fixed map, against a truth and an empty meta-analysis."""
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    gm = brain & (np.indices(grid.shape)[2] < 5)
    write_map(gm, tmp_path / "gm.nii.gz", grid, dtype=np.uint8)
    loss = brain & (np.indices(grid.shape)[0] > 4)
    masks, sidecars = [], []
    for name, mask, threshold in (("meta_analysis", np.zeros_like(loss), None), ("truth", loss, 0.1)):
        masks.append(tmp_path / "reference" / name / "mask.nii.gz")
        sidecars.append(tmp_path / "reference" / name / "reference.json")
        reference = Reference(mask.astype(np.float32), mask, name, "", "", threshold)
        reference.write(masks[-1].with_name("map.nii.gz"), masks[-1], sidecars[-1], grid)
    for name, model in (("lrp", ["small", "small"]), ("gm_probability", "n/a")):
        folder = tmp_path / "relevance" / name
        write_map(loss + rng.random(grid.shape), folder / "group.nii.gz", grid)
        write_json({"model": model, "feature": "gm_modulated"}, folder / "group.json")
    folds = [tmp_path / "relevance" / "lrp" / "small" / f"fold-{k}.nii.gz" for k in (1, 2)]
    for path in folds:
        write_map(loss + rng.random(grid.shape), path, grid)
    names = ["meta_analysis", "truth"]
    Draws(rng.random((50, 2, 4)), names, list(METRICS)).write(tmp_path / "lrp.npz")
    Draws(np.empty((0, 2, 4)), names, list(METRICS)).write(tmp_path / "gm_probability.npz")
    maps = ["lrp", "gm_probability"]
    return {
        "maps": maps,
        "images": [tmp_path / "relevance" / name / "group.nii.gz" for name in maps],
        "sidecars": [tmp_path / "relevance" / name / "group.json" for name in maps],
        "fold_images": [str(path) for path in folds],
        "draws": [tmp_path / f"{name}.npz" for name in maps],
        "arena_files": {
            "brain_mask": tmp_path / "brain.nii.gz",
            "gm_mask": tmp_path / "gm.nii.gz",
            "space": grid.space,
            "references": names,
            "masks": masks,
            "sidecars": sidecars,
        },
        "headline": {"sign": "abs", "smoothing_mm": 8, "mask": "brain"},
        "sweep": {"sign": ["abs", "positive", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]},
        "confidence": 0.95,
        "scores": tmp_path / "scores.tsv",
        "curves": tmp_path / "curves.tsv",
    }


def test_tables_are_whole(arguments):
    score_maps.main(**arguments)
    scores = read_table(arguments["scores"])
    assert list(scores) == list(columns_of("scores"))
    assert len(scores) == 2 * 12 * 2 * 4 + 2 * 2 * 4
    against_truth = scores[scores["reference"] == "truth"]
    assert against_truth["value"].between(0, 1).all()
    assert scores.loc[scores["reference"] == "meta_analysis", "value"].isna().all()
    intervals = scores.dropna(subset="ci_low")
    assert set(intervals["map"]) == {"lrp"}
    assert len(intervals) == 4
    assert set(read_table(arguments["curves"])["reference"]) == {"truth"}


def test_same_inputs_same_bytes(arguments, tmp_path):
    score_maps.main(**arguments)
    score_maps.main(**arguments | {"scores": tmp_path / "again.tsv"})
    assert (tmp_path / "again.tsv").read_bytes() == arguments["scores"].read_bytes()
