import os

from relmaps import ROOT
from relmaps.study.copies import other_copy


def package(folder):
    (folder / "relmaps").mkdir(parents=True)
    (folder / "relmaps/__init__.py").touch()
    return str(folder)


def test_the_copy_beside_the_snakefile_alone_is_fine():
    assert other_copy(ROOT) is None


def test_an_installed_copy_is_found(tmp_path):
    installed = package(tmp_path / "site-packages")
    assert other_copy(ROOT, search=[str(ROOT), installed]) == tmp_path / "site-packages/relmaps"


def test_a_copy_that_pythonpath_names_first_wins(tmp_path):
    installed = package(tmp_path / "site-packages")
    path = os.pathsep.join([str(ROOT), installed])
    assert other_copy(ROOT, python_path=path, search=[installed]) is None
    assert other_copy(ROOT, python_path=installed, search=[]) == tmp_path / "site-packages/relmaps"


def test_the_copy_that_this_process_has_imported_counts(tmp_path):
    assert other_copy(package(tmp_path)) == ROOT / "relmaps"


def test_a_package_in_the_current_folder_is_not_what_scripts_import(tmp_path, monkeypatch):
    monkeypatch.chdir(package(tmp_path))
    assert other_copy(ROOT, search=["", str(tmp_path)]) is None


def test_a_folder_of_the_name_is_no_package(tmp_path):
    (tmp_path / "relmaps").mkdir()
    assert other_copy(ROOT, search=[str(tmp_path)]) is None
