import numpy as np
import pandas as pd
import pytest

from relmaps.io.tables import read_columns, read_table, write_table
from relmaps.overlap.bootstrap_samples import BootstrapSamples, write_samples
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import Specification
from workflow.scripts import compare_maps


def test_compares_all_maps_of_the_table(tmp_path, rng):
    maps, values = ["lrp", "svm_pattern", "mean_t1"], [0.7, 0.8, 0.6]
    rows = [
        {"map": name, "fold": "all", "reference": "truth", "metric": metric, "primary": primary, "value": value}
        | {"threshold_label": "own", "mask": "brain", "sign": "abs", "smoothing_mm": 8 if primary == "true" else 0}
        for name, value in zip(maps, values, strict=True)
        for metric in METRICS
        for primary in ("true", "false")
    ]
    write_table(pd.DataFrame(rows), tmp_path / "scores.tsv")
    paths = [tmp_path / f"{name}.npz" for name in maps]
    for path, value in zip(paths, values, strict=True):
        samples = BootstrapSamples(rng.normal(value, 0.01, (100, 1, len(METRICS))), ["truth"], list(METRICS))
        write_samples({Specification("abs", 8, "brain"): samples}, path)
    compare_maps.main(tmp_path / "scores.tsv", maps, paths, 0.95, tmp_path / "comparisons.tsv")
    table = read_table(tmp_path / "comparisons.tsv")
    assert list(table) == list(read_columns("comparisons"))
    assert len(table) == 3 * len(METRICS)
    row = table.query("map_a == 'lrp' and map_b == 'svm_pattern' and metric == 'roc_auc'").iloc[0]
    assert row["difference"] == pytest.approx(-0.1)
    assert row["ci_low"] < -0.1 < row["ci_high"] < 0
    assert row["p"] == pytest.approx(2 / 101)
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert row["p_adjusted"] == pytest.approx(2 / 101)
    assert row["family"] == "heatmap_linear"
    described = table.query("map_a == 'svm_pattern' and map_b == 'mean_t1' and metric == 'roc_auc'").iloc[0]
    assert described["p"] == pytest.approx(2 / 101)
    assert np.isnan(described["p_adjusted"])
