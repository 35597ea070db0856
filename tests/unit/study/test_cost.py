import pandas as pd
import pytest

from relmaps.io.files import write_json
from relmaps.io.tables import write_table
from relmaps.study import cost
from relmaps.study.config import load_config, read_config
from relmaps.study.rules import plan_jobs

DEMO_CPU_S = 1705  # `make study` from a fresh state; measured in another run than those behind costs.tsv


@pytest.fixture
def settings():
    return load_config(read_config())


def finished(folder, settings, scans, seconds):
    """A study in which drawing nulls took so long, and shuffling its table always 2 s."""
    write_json({"config": settings}, folder / "provenance.json")
    write_table(pd.DataFrame({"scan_id": range(scans)}), folder / "cohort/scans.tsv")
    for stage, rule, cpu in (("overlap", "score_surrogates", seconds), ("classify", "make_splits", 2)):
        used = {"rule": rule, "device": None, "wall_s": cpu, "cpu_s": cpu, "memory_mb": 500}
        write_json(used, folder / stage / "logs" / f"{rule}.json")
    return folder


def test_a_line_goes_through_a_small_and_a_large_study(settings, tmp_path):
    small = finished(tmp_path / "small", settings | {"overlap": settings["overlap"] | {"n_surrogates": 100}}, 10, 3.0)
    large = finished(tmp_path / "large", settings, 80, 12.0)
    table = cost.measure([small, large]).set_index("rule")
    voxels = 197 * 233 * 189 / 4**3
    assert table.loc["score_surrogates", "unit_s"] == pytest.approx((12 - 3) / (900 * voxels))
    assert table.loc["score_surrogates", "start_s"] == pytest.approx(2)
    assert table.loc["make_splits", ["start_s", "unit_s"]].tolist() == [2, 0]
    assert table.loc["preprocess_scans paper", "unit_s"] == 88.5


def test_a_line_that_would_start_below_0_starts_at_0():
    assert cost._line([(1, 1), (3, 9)]) == (0, 3)
    assert cost._line([(1, 9), (3, 6)]) == (6, 0)
    assert cost._line([]) == (0, 0)


@pytest.mark.slow
def test_the_demo_is_predicted_within_a_factor_of_one_and_a_half(settings, tmp_path):
    rules, jobs = plan_jobs([], tmp_path)
    predicted = cost.predict(cost.compute_size(settings, 80), jobs, rules)["cpu_s"].sum()
    assert 1 / 1.5 < predicted / DEMO_CPU_S < 1.5
