import errno
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from relmaps.io.errors import MachineError, UserError
from relmaps.io.files import FETCH, explain_missing, is_running, replacing, scratch_folder, write_json, write_text
from tests.another_user import open_to_all, raised_for_another_user


def test_what_fails_half_way_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "result.txt"
    write_text("old", path)

    def write_half():
        with replacing(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_made_and_text_is_utf8(tmp_path):
    path = tmp_path / "new" / "result.json"
    write_json({"name": "Müller"}, path)
    assert "Müller" in path.read_text(encoding="utf-8")


def a_dead_process() -> str:
    process = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    return process.stdout.decode().strip()


def test_what_a_killed_process_has_left_of_a_file_is_removed_by_the_next_that_writes_it(tmp_path):
    path = tmp_path / "map [1].nii.gz"
    mine, dead = f".writing-{a_dead_process()}-{path.name}", f".writing-{a_dead_process()}-other.nii.gz"
    alive = f".writing-{os.getpid()}-2-{path.name}"
    for name in (mine, dead, alive):
        (tmp_path / name).touch()
    write_text("whole", path)
    assert {file.name for file in tmp_path.iterdir()} == {path.name, dead, alive}


def test_a_process_runs_until_it_has_ended():
    assert is_running(str(os.getpid()))
    assert is_running("not a number")
    assert not is_running(a_dead_process())


def test_a_scratch_folder_takes_temporary_files_and_is_removed_with_those_of_killed_processes():
    dead = Path(tempfile.gettempdir(), f"relmaps-{platform.node()}-{a_dead_process()}-left")
    dead.mkdir()
    with scratch_folder() as folder:
        assert not dead.exists()
        assert Path(tempfile.mkdtemp()).parent == folder
    assert not folder.exists()
    after = tempfile.mkdtemp()
    assert Path(after).parent != folder
    os.rmdir(after)


def test_a_link_that_leads_nowhere_is_told_from_a_path_without_a_file(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "gone")
    assert explain_missing(tmp_path / "no.tsv", "table") == "no such table; check the path"
    assert explain_missing(link, remedy="not this") == f"the link leads nowhere; {FETCH}"
    assert explain_missing(link / "a/b.tsv") == f"the link {link} leads nowhere; {FETCH}"
    assert explain_missing("x" * 5000) == "no such file; check the path"


@pytest.mark.fault
@pytest.mark.parametrize("mode", [0o555, 0o000])
@pytest.mark.parametrize("name", ["result.json", "new/folder/result.json"])
def test_a_folder_that_may_not_be_written_to_is_named(tmp_path, name, mode):
    folder = tmp_path / "results"
    folder.mkdir()
    open_to_all(folder)
    folder.chmod(mode)
    error = raised_for_another_user(lambda: write_json({"size": 1}, folder / name))
    assert isinstance(error, UserError)
    remedy = "check the permissions of its folder"
    assert str(error) == f"{folder / name}: cannot be written (Permission denied); {remedy}"


def test_a_file_that_may_not_be_read_is_not_taken_for_the_one_that_is_written(tmp_path):
    def copy_secret():
        with replacing(tmp_path / "result.txt"):
            raise PermissionError(13, "Permission denied", str(tmp_path / "elsewhere/secret.txt"))

    with pytest.raises(PermissionError, match=r"secret\.txt"):
        copy_secret()


@pytest.mark.fault
@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.ENOSPC, "no space is left on the disk"), (errno.EIO, "its drive failed"), (errno.EFBIG, "a file may not")],
)
def test_a_file_that_cannot_be_written_is_named(tmp_path, number, fault):
    path = tmp_path / "map.nii"
    with pytest.raises(MachineError, match=f"^{path}: not written, {fault}"), replacing(path):
        raise OSError(number, os.strerror(number))


def test_an_error_with_a_line_of_its_own_keeps_it(tmp_path):
    line = "not enough memory to explain one scan at a time; choose a smaller network"
    with pytest.raises(UserError, match=line), replacing(tmp_path / "map.nii"):
        raise UserError(line)


@pytest.mark.fault
def test_without_any_folder_for_temporary_files_there_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    line = r"no folder for temporary files can be made \(No such file or directory\); free some space or set TMPDIR"
    with pytest.raises(MachineError, match=line), scratch_folder():
        pass
