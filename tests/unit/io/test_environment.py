import os
import subprocess
import sys
from pathlib import Path

import pytest

from relmaps import ROOT
from relmaps.io.environment import CACHE, SUBMITTED, is_writable, prepare_environment
from tests.another_user import open_to_all, raised_for_another_user

pytestmark = pytest.mark.fault


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """The variables of this process, which are as before after the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.chdir(tmp_path)
    return os.environ


def run_prepared(program, **variables):
    """What a program prints in a process that inherits the prepared environment."""
    for name, value in variables.items():
        os.environ[name] = value
    prepare_environment()
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=True).stdout


def test_figures_can_be_drawn_from_a_notebook_that_names_its_backend(environment):
    program = "import relmaps.figures.style, relmaps.preprocess.pictures, matplotlib; print(matplotlib.get_backend())"
    assert run_prepared(program, MPLBACKEND="module://matplotlib_inline.backend_inline").lower() == "agg\n"


def test_text_is_utf8_under_another_locale(environment, tmp_path):
    (tmp_path / "a.txt").write_text("Größe", encoding="utf-8")
    program = f"print(ascii(open({str(tmp_path / 'a.txt')!r}).read()))"
    assert run_prepared(program, LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0") == "'Gr\\xf6\\xdfe'\n"


def test_warnings_of_libraries_end_no_job(environment):
    program = "import warnings; warnings.warn('old'); print('went on')"
    assert run_prepared(program, PYTHONWARNINGS="error") == "went on\n"


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_caches_go_to_the_working_directory_where_home_cannot_be_written_to(environment, tmp_path, variable):
    environment.pop("XDG_CACHE_HOME", None)
    environment[variable] = "/proc"  # nobody can make a folder in it
    prepare_environment()
    assert environment["XDG_CACHE_HOME"] == str(tmp_path / CACHE)


def test_a_home_that_can_be_written_to_is_used(environment, tmp_path):
    environment.pop("XDG_CACHE_HOME", None)
    environment["HOME"] = str(tmp_path / "home")
    prepare_environment()
    assert "XDG_CACHE_HOME" not in environment
    assert list((tmp_path / "home/.cache").iterdir()) == []


def test_numba_finds_a_cache_when_neither_home_nor_the_package_can_be_written_to(environment, tmp_path):
    """As NiMARE's @jit(cache=True), which stops with: no locator available for file ..."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "fast.py").write_text("import numba\n@numba.njit(cache=True)\ndef add(a):\n    return a + 1\n")
    (package / "__pycache__").touch()  # no folder can be made there, also not by root
    program = f"import sys; sys.path.insert(0, {str(package)!r}); import fast; print(fast.add(1))"
    environment.pop("XDG_CACHE_HOME", None)
    environment.pop("NUMBA_CACHE_DIR", None)
    assert run_prepared(program, HOME="/proc") == "2\n"
    assert list((tmp_path / CACHE / "numba").rglob("fast.add-*.nbc"))


@pytest.mark.parametrize(("submitted", "before", "after"), [(True, None, "1"), (False, "1", None), (None, "1", "1")])
def test_a_job_of_a_scheduler_is_marked(environment, submitted, before, after):
    environment.pop(SUBMITTED, None)
    if before:
        environment[SUBMITTED] = before
    prepare_environment(submitted)
    assert environment.get(SUBMITTED) == after


def test_a_folder_of_somebody_else_is_not_writable(tmp_path):
    open_to_all(tmp_path)

    def fail_if_not_writable():
        if not is_writable(tmp_path) and not is_writable(tmp_path / "new"):
            raise PermissionError

    assert isinstance(raised_for_another_user(fail_if_not_writable), PermissionError)
    assert is_writable(tmp_path / "new")
    assert not is_writable(Path("/proc/new"))
