import numpy as np
import pytest

from relmaps.io.files import write_json
from relmaps.io.images import write_map
from relmaps.io.tables import read_columns, read_table
from relmaps.overlap.bootstrap_samples import BootstrapSamples, write_samples
from relmaps.overlap.metrics import CURVE_METRICS, METRICS
from relmaps.overlap.scoring_space import Specification
from relmaps.reference.reference import Reference, Thresholded
from tests.synthetic_results import KINDS
from workflow.scripts import score_maps


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    """A heatmap with two folds and a fixed map, against a truth and an empty meta-analysis."""
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    gm = brain & (np.indices(grid.shape)[2] < 5)
    write_map(gm, tmp_path / "gm.nii.gz", grid, dtype=np.uint8)
    write_map(brain * (1 - np.indices(grid.shape)[2] / 8), tmp_path / "gm_probability.nii.gz", grid)
    loss = brain & (np.indices(grid.shape)[0] > 4)
    files = {name: [] for name in ("reference_maps", "reference_masks", "reference_sidecars", "reference_thresholds")}
    for name, mask, threshold in (("meta_analysis", np.zeros_like(loss), None), ("truth", loss, 0.1)):
        folder = tmp_path / "reference" / name
        paths = [folder / file for file in ("map.nii.gz", "mask.nii.gz", "reference.json", "thresholds.npz")]
        thresholds = [
            Thresholded("usual", mask, threshold, ""),
            Thresholded("strict", mask & (np.indices(grid.shape)[1] > 4), threshold, ""),
        ]
        reference = Reference(mask.astype(np.float32), mask, KINDS[name], "", "", threshold, thresholds=thresholds)
        reference.write(*paths[:3], grid, paths[3])
        for key, path in zip(files, paths, strict=True):
            files[key].append(path)
    for name, model in (("lrp", ["small", "small"]), ("gm_probability", "n/a")):
        folder = tmp_path / "relevance" / name
        write_map(loss + rng.random(grid.shape), folder / "group.nii.gz", grid)
        write_json({"model": model, "feature": "gm_modulated"}, folder / "group.json")
    folds = [tmp_path / "relevance" / "lrp" / "small" / f"fold-{k}.nii.gz" for k in (1, 2)]
    for path in folds:
        write_map(loss + rng.random(grid.shape), path, grid)
    names = ["meta_analysis", "truth"]
    for path in folds:
        np.save(path.with_name(path.name.replace(".nii.gz", "_seeds.npy")), rng.random((2, brain.sum()), np.float32))
    maps = ["lrp", "gm_probability"]
    for file in ("samples", "lrp_null", "gm_probability_null"):
        samples = BootstrapSamples(rng.random((50, 2, len(METRICS))), names, list(METRICS), 0.7)
        write_samples({Specification("abs", 8, "brain"): samples}, tmp_path / f"{file}.npz")
    return {
        "maps": maps,
        "resampled": ["lrp"],
        "images": [tmp_path / "relevance" / name / "group.nii.gz" for name in maps],
        "sidecars": [tmp_path / "relevance" / name / "group.json" for name in maps],
        "fold_images": [str(path) for path in folds],
        "seed_maps": [str(path).replace(".nii.gz", "_seeds.npy") for path in folds],
        "samples": [tmp_path / "samples.npz"],
        "nulls": [tmp_path / f"{name}_null.npz" for name in maps],
        "permuted": [],
        "scoring_files": {
            "brain_mask": tmp_path / "brain.nii.gz",
            "gm_mask": tmp_path / "gm.nii.gz",
            "gm_probability": tmp_path / "gm_probability.nii.gz",
            "space": grid.space,
            "references": names,
            **files,
        },
        "primary": {"sign": "abs", "smoothing_mm": 8, "mask": "brain"},
        "multiverse": {"sign": ["abs", "positive", "signed"], "smoothing_mm": [0, 8], "mask": ["brain", "gm"]},
        "confidence": 0.95,
        "scores": tmp_path / "scores.tsv",
        "curves": tmp_path / "curves.tsv",
        "retraining": tmp_path / "retraining.tsv",
    }


def test_tables_are_whole(arguments):
    score_maps.main(**arguments)
    scores = read_table(arguments["scores"])
    assert list(scores) == list(read_columns("scores"))
    assert len(scores) == 2 * 12 * 2 * (len(METRICS) + len(CURVE_METRICS)) + 2 * 2 * len(METRICS)
    against_truth = scores[scores["reference"] == "truth"]
    assert against_truth.loc[against_truth["metric"].isin(CURVE_METRICS), "value"].between(0, 1).all()
    assert scores["note"].notna().all()
    assert scores.loc[scores["reference"] == "meta_analysis", "value"].isna().all()
    intervals = scores.dropna(subset="ci_low")
    assert set(intervals["map"]) == {"lrp"}
    assert len(intervals) == len(METRICS)
    assert len(read_table(arguments["retraining"])) == 2 * 2 * 2 * len(METRICS)
    assert set(read_table(arguments["curves"])["reference"]) == {"truth"}


def test_same_inputs_same_bytes(arguments, tmp_path):
    score_maps.main(**arguments)
    score_maps.main(**arguments | {"scores": tmp_path / "again.tsv"})
    assert (tmp_path / "again.tsv").read_bytes() == arguments["scores"].read_bytes()
