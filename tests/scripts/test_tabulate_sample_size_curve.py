import numpy as np
import pandas as pd
import pytest

from relmaps.catalogue.maps import TISSUE_MAPS
from relmaps.classify.gram import gram_matrix
from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from relmaps.relevance.group import open_group_map
from tests.small_scoring_space import write_scoring_space
from workflow.scripts import tabulate_sample_size_curve

N = 24
LEVELS = ("size", "severity")
LABELS = np.array([0, 1] * (N // 2))


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    """Twenty-four subjects in two folds; those with disease lose tissue where the truth is, in step with severity."""
    people = pd.DataFrame({"participant_id": [f"sub-{n:02d}" for n in range(N)], "label": LABELS})
    write_table(people.assign(age=np.nan, sex=None, tiv_ml=np.nan), tmp_path / "subjects.tsv")
    roles = [
        people.assign(fold=str(fold), role=np.where((np.arange(N) < 12) == (fold == 1), "test", "train"))
        for fold in (1, 2)
    ]
    write_table(pd.concat(roles), tmp_path / "splits.tsv")
    severity = np.repeat(np.linspace(0.5, 3, N // 2), 2) * LABELS
    known = people.assign(severity_left=severity * 0.8, severity_right=severity * 1.2)
    write_table(known, tmp_path / "severity.tsv")
    loss = brain & (np.indices(grid.shape)[0] > 4) & (np.indices(grid.shape)[2] < 4)
    images = rng.normal(5, 1, size=(N, *grid.shape)) - 0.5 * severity[:, None, None, None] * loss
    images = (images * brain).astype(np.float32)
    np.save(tmp_path / "array.npy", images)
    np.save(tmp_path / "gram.npy", gram_matrix(images))
    write_table(pd.DataFrame({"fold": ["1", "2"], "c": [1, 0.1]}), tmp_path / "linear_folds.tsv")
    tables = {name: tmp_path / f"{name}.tsv" for name in ("subjects", "splits", "linear_folds")}
    return {
        "inputs": tables | {"brain_mask": tmp_path / "brain.nii.gz"}
        | {name: tmp_path / f"{name}.npy" for name in ("array", "gram")},
        "scoring_files": write_scoring_space(tmp_path, grid, brain, loss),
        "published": tmp_path / "group.nii.gz",
        "folds": tmp_path / "splits.tsv",
        "severity": tmp_path / "severity.tsv",
        "settings": {
            "space": grid.space,
            "feature": "gm_modulated",
            "pooling": "all",
            "normalisation": "none",
            "target": "true_class",
        },
        "primary": {"sign": "abs", "smoothing_mm": 8, "mask": "brain"},
        "fractions": [0.1, 0.5, 1],
        "replicates": 6,
        "seed": 3,
        "table": tmp_path / "growth.tsv",
    }  # fmt: skip


def publish(arguments, name, grid, brain):
    volume = np.zeros(grid.shape, dtype=np.float32)
    volume[brain] = open_group_map(name, **arguments["inputs"], **arguments["settings"]).published()
    write_map(volume, arguments["published"], grid)


@pytest.mark.parametrize("name", ["svm_pattern", "svm_weights", "logistic_pattern", "logistic_weights", *TISSUE_MAPS])
def test_overlap_grows_with_size_and_severity(arguments, grid, brain, name):
    publish(arguments, name, grid, brain)
    tabulate_sample_size_curve.main(map_name=name, **arguments)
    table = read_table(arguments["table"]).query("metric == 'roc_auc'")
    sizes, severities = (table[table["by"] == by].groupby("level")["value"].agg(["mean", "size"]) for by in LEVELS)
    assert sizes.index.tolist() == [4, 12, 24]
    assert sizes["size"].tolist() == [6, 6, 1]
    assert severities["size"].tolist() == [6, 6, 6]
    assert sizes["mean"].is_monotonic_increasing
    assert severities["mean"].iloc[-1] > severities["mean"].iloc[0]
    assert table["value"].between(0, 1).all()
    assert (table.loc[table["by"] == "severity", ["n_disease", "n_control"]] == 4).all(axis=None)


def test_without_known_severity_there_are_sizes_alone(arguments, grid, brain):
    publish(arguments, "vbm_t", grid, brain)
    tabulate_sample_size_curve.main(map_name="vbm_t", **arguments | {"severity": []})
    assert set(read_table(arguments["table"])["by"]) == {"size"}


def test_a_fixed_map_has_a_table_without_rows(arguments, grid, brain):
    publish(arguments, "hippocampus_distance", grid, brain)
    tabulate_sample_size_curve.main(map_name="hippocampus_distance", **arguments)
    assert read_table(arguments["table"]).empty


def test_another_published_map_is_a_defect(arguments, grid, rng):
    write_map(rng.random(grid.shape), arguments["published"], grid)
    with pytest.raises(ValueError, match="differs from the published one"):
        tabulate_sample_size_curve.main(map_name="vbm_t", **arguments)
