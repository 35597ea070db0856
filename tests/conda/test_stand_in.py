"""The stand-in refuses what real conda would take from elsewhere, or could not do."""

import subprocess
import sys

import pytest

from relmaps import ROOT

CONDA = [sys.executable, ROOT / "tests/conda/bin/conda"]
GOOD = "channels: [conda-forge]\ndependencies: [python=3.11, pip, {pip: [numpy==2.3.5]}]\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[conda-forge]", "[conda-forge, defaults]", "without defaults"),
        ("channels: [conda-forge]\n", "", "channels must be listed"),
        ("python=3.11, ", "", "python=X.Y is not listed"),
        ("python=3.11", "python", "python is no requirement of pip"),
        (" pip,", "", "pip is not listed"),
        ("python=3.11,", "python=3.11, numpy=2.3,", "numpy=2.3 is no requirement of pip"),
        ("channels", "chanels: []\nchannels", "unknown keys chanels"),
    ],
)
def test_a_file_that_would_not_do_is_refused_in_one_line(tmp_path, old, new, words):
    (tmp_path / "env.yaml").write_text(GOOD.replace(old, new))
    command = [*CONDA, "env", "create", "--file", tmp_path / "env.yaml", "--prefix", tmp_path / "env"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert words in run.stderr
    assert run.stderr.count("\n") == 1
    assert not (tmp_path / "env").exists()


def test_what_snakemake_does_not_ask_is_refused():
    assert subprocess.run([*CONDA, "create"], capture_output=True, check=False).returncode == 1
