import pandas as pd
import pytest

from benchmarks import costs
from relmaps.io.files import write_json
from relmaps.io.resources import explaining_mb, training_mb
from relmaps.io.tables import write_table
from relmaps.study.config import load_config, read_config

BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def settings():
    return load_config(read_config())


def finished(folder, settings, scans, seconds):
    """A study in which drawing nulls took so long, and shuffling its table always 2 s."""
    write_json({"config": settings}, folder / "provenance.json")
    write_table(pd.DataFrame({"scan_id": range(scans)}), folder / "cohort/scans.tsv")
    for stage, job, cpu in (("overlap", "draw_null/lrp", seconds), ("classify", "make_splits", 2)):
        path = folder / stage / "benchmarks" / f"{job}.tsv"
        path.parent.mkdir(parents=True)
        path.write_text(BENCHMARK + f"{cpu}\t0:0:1\t500\t1\t1\t1\t0\t0\t99\t{cpu}\n")
    return folder


def test_a_line_goes_through_a_small_and_a_large_study(settings, tmp_path):
    small = finished(tmp_path / "small", settings | {"overlap": settings["overlap"] | {"n_surrogates": 100}}, 10, 3.0)
    large = finished(tmp_path / "large", settings, 80, 12.0)
    table = costs.measure([small, large]).set_index("rule")
    voxels = 197 * 233 * 189 / 4**3
    assert table.loc["draw_null", "unit_s"] == pytest.approx((12 - 3) / (900 * voxels))
    assert table.loc["draw_null", "start_s"] == pytest.approx(2)
    assert table.loc["make_splits", ["start_s", "unit_s"]].tolist() == [2, 0]
    assert table.loc["preprocess_scans paper", "unit_s"] == 88.5


def test_a_line_that_would_start_below_0_starts_at_0():
    assert costs._line([(1, 1), (3, 9)]) == (0, 3)
    assert costs._line([(1, 9), (3, 6)]) == (6, 0)
    assert costs._line([]) == (0, 0)


def test_every_rule_has_a_stage():
    stages = {costs._stage_of(rule) for rule in costs.BODIES}
    assert stages == {"cohort", "preprocess", "classify", "relevance", "reference", "overlap", "figures"}


@pytest.mark.slow
def test_the_demo_is_predicted_within_a_factor_of_one_and_a_half(settings, tmp_path):
    jobs = costs._planned_jobs(["config/config.yaml"], None, tmp_path)
    predicted = costs.predict(costs.size_of(settings, 80), jobs)["cpu_s"].sum()
    assert 1 / 1.5 < predicted / costs.DEMO_CPU_S < 1.5


def test_memory_is_what_the_rule_asks_for_at_first(settings):
    assert costs.predict(costs.size_of(settings, 80), {"bootstrap_map": 1}).loc["bootstrap_map", "memory_mb"] == 4000


def test_memory_of_a_network_s_jobs_is_that_of_the_rule(settings):
    settings["classify"]["cnn"]["architectures"] = ["A24", "B52"]
    size = costs.size_of(settings, 80)
    memory = costs.predict(size, {"train_cnn": 1, "explain_cnn": 1})["memory_mb"]
    voxels = 197 * 233 * 189 / 4**3
    assert memory["train_cnn"] == training_mb(52, voxels, settings["classify"]["cnn"]["batch_size"])
    assert memory["explain_cnn"] == explaining_mb(52, voxels)
