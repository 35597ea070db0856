import numpy as np
import pandas as pd
import pytest

from relmaps.figures.sample_size_curve import plot_sample_size_curve


@pytest.fixture
def growth():
    rows = [
        {"map": name, "by": "size", "level": level, "n_disease": level // 2, "n_control": level // 2}
        | {"replicate": replicate, "reference": "truth", "metric": metric, "value": 0.5 + level / 100 + replicate / 50}
        for name in ("lrp", "vbm_t")
        for level in (20, 40)
        for replicate in (1, 2)
        for metric in ("roc_auc", "dice")
    ]
    return pd.DataFrame(rows)


def test_lines_are_means_over_replicates_with_their_range(growth):
    size, severity = plot_sample_size_curve(growth, ["truth"]).axes
    lines = [line for line in size.lines if line.get_marker() == "o"]
    for line in lines:
        np.testing.assert_allclose(line.get_xydata(), [[20, 0.73], [40, 0.93]])
    assert len(lines) == 2
    bounds = size.collections[0].get_paths()[0].get_extents()
    assert (bounds.y0, bounds.y1) == pytest.approx((0.72, 0.94))
    assert "n/a" in severity.texts[0].get_text()
