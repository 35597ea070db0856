import pytest
import yaml

from relmaps.io.resources import explaining_mb, training_mb
from relmaps.study.rules import plan_jobs, read_rules

pytestmark = pytest.mark.slow  # Snakemake reads the workflow
VOXELS = 197 * 233 * 189 / 4**3


def test_rules_have_a_stage_and_the_memory_of_a_first_attempt():
    rules = read_rules()
    stages = {"cohort", "preprocess", "classify", "relevance", "reference", "overlap", "figures"}
    assert {rule.stage for rule in rules.values()} == stages
    assert rules["bootstrap_map"].memory_mb == 4000
    assert (rules["write_tables"].stage, rules["train_cnn"].stage) == ("figures", "classify")
    assert "all" not in rules


def test_jobs_are_counted_in_the_order_of_the_stages_and_nothing_is_run(tmp_path):
    _, jobs = plan_jobs([], tmp_path)
    assert (jobs["train_cnn"], jobs["preprocess_scans"]) == (5, 8)
    assert "predict_external" not in jobs
    assert list(jobs).index("simulate_scans") < list(jobs).index("train_cnn") < list(jobs).index("write_report")
    assert not (tmp_path / "results").exists()


def test_memory_of_a_network_s_jobs_follows_the_configuration(tmp_path):
    (tmp_path / "deep.yaml").write_text(yaml.safe_dump({"classify": {"cnn": {"architectures": ["A24", "B52"]}}}))
    rules = read_rules([tmp_path / "deep.yaml"])
    assert rules["train_cnn"].memory_mb == training_mb(52, VOXELS, 8)
    assert rules["explain_cnn"].memory_mb == explaining_mb(52, VOXELS)
