import subprocess
import sys

import pytest
import yaml

from relmaps.code import ROOT
from relmaps.plan import plan_study


@pytest.fixture
def config():
    return yaml.safe_load((ROOT / "config/config.yaml").read_text())


def test_each_scan_is_in_one_batch_of_each_kind(config):
    config["simulation"] |= {"n_scans": 23, "scans_per_job": 10}
    config["preprocess"]["scans_per_job"] = 6
    plan = plan_study(config)
    for batches in (plan.batches, plan.simulation_batches):
        assert [scan.scan_id for batch in batches.values() for scan in batch] == list(plan.scans)
    assert plan.simulated_with("2") == ["1", "2"]  # scans 7 to 12
    assert plan.references == ["meta_analysis", "truth"]


def test_planning_imports_nothing_heavy():
    code = "import sys, relmaps.plan, relmaps.config, relmaps.code; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "ants", "nilearn", "nimare", "sklearn", "matplotlib", "scipy", "nibabel"}.intersection(loaded)
