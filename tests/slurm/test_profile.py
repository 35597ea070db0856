"""What Snakemake makes of the profile, however it is named."""

import re
from types import SimpleNamespace

import pytest
import yaml

from relmaps import ROOT

pytestmark = pytest.mark.fault

pytest.importorskip("snakemake_executor_plugin_slurm", reason="pip install --no-deps -r requirements-slurm.txt")


@pytest.fixture
def parsed(monkeypatch):
    """Snakemake's settings from a command line in this folder."""
    from snakemake.cli import parse_args

    monkeypatch.chdir(ROOT)
    return lambda *arguments: parse_args([*arguments])[1]


def test_the_workflow_profile_takes_the_place_of_the_default_one(parsed):
    settings = parsed("--workflow-profile", "profiles/slurm")
    assert (settings.executor, settings.jobs, settings.retries) == ("slurm", 100, 2)
    assert settings.rerun_incomplete
    assert settings.default_resources["slurm_partition"].raw == "cpu"
    assert settings.set_resources["train_cnn"]["slurm_partition"].raw == "gpu"


def test_a_general_profile_says_the_same_beside_the_default_one(parsed):
    """`--profile` leaves profiles/default in force, whose keys win; so far it has none that the cluster's has not."""
    alone, beside = (vars(parsed(option, "profiles/slurm")) for option in ("--workflow-profile", "--profile"))
    differing = {key for key in alone if format_setting(alone[key]) != format_setting(beside[key])}
    assert differing == {"profile", "workflow_profile"}


def format_setting(setting):
    """Text of a setting without addresses of objects."""
    return re.sub(r"0x[0-9a-f]+", "", str(setting))


def test_the_default_profile_wins_over_a_general_one(parsed, tmp_path):
    """So a `resources: [gpu=1]` of profiles/default would hold for a whole cluster under `--profile profiles/slurm`."""
    (tmp_path / "config.yaml").write_text("rerun-incomplete: false\nretries: 5\n")
    settings = parsed("--profile", str(tmp_path))
    assert settings.rerun_incomplete
    assert settings.retries == 5


def test_gpus_by_gres_are_asked_for_as_the_readme_says():
    from snakemake_executor_plugin_slurm.submit_string import get_submit_command
    from snakemake_executor_plugin_slurm.utils import set_gres_string

    text = (ROOT / "profiles/slurm/README.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", text, re.S)
    (resources,) = yaml.safe_load(block).values()
    job = SimpleNamespace(resources=Resources(resources), threads=1)
    names = ("run_uuid", "slurm_logfile", "comment_str", "account", "partition", "workdir")
    words = get_submit_command(job, dict.fromkeys(names, "")).split() + set_gres_string(job).split()
    assert [word for word in words if "gpu" in word or "gres" in word] == ["--gres=gpu:1"]


class Resources(dict):
    """Resources of a job, which Snakemake also gives as attributes."""

    __getattr__ = dict.get
