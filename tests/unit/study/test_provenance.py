import hashlib
import subprocess

import pandas as pd

from relmaps.study.provenance import code_hash, git_commit, make_provenance, without_folders

SCANS = pd.DataFrame(
    {"scan_id": ["sub-1", "sub-2"], "path": ["/home/me/sub-1.nii.gz", "b"], "sha256": ["f" * 64, "a" * 64]}
)


def test_inputs_are_hashed_and_nobody_is_named(tmp_path):
    (tmp_path / "foci.txt").write_text("//Reference=MNI\n")
    config = {
        "input": "/home/me/bids",
        "reference": {"path": "../foci.txt", "threshold": 0.5},
        "list": ["C:\\me\\x.nii"],
    }
    found = make_provenance(config, SCANS, {"meta_analysis": tmp_path / "foci.txt"}, "c0de")
    assert found["inputs"]["raw_scans"] == ["a" * 64, "f" * 64]
    assert found["inputs"]["meta_analysis"] == hashlib.sha256(b"//Reference=MNI\n").hexdigest()
    assert found["config"] == {"input": "bids", "reference": {"path": "foci.txt", "threshold": 0.5}, "list": ["x.nii"]}
    assert found["packages"]["numpy"][0].isdigit()
    assert not {"me", "sub-1"} & set(str(found).replace("/", " ").replace("'", " ").split())


def test_settings_that_are_no_paths_stay():
    settings = {"a": "grey matter", "b": 1.5, "c": None, "d": "resources/foci.txt", "e": "~/x/y"}
    assert without_folders(settings) == settings | {"e": "y"}


def test_code_hash_follows_content_but_not_caches(tmp_path, monkeypatch):
    monkeypatch.setattr("relmaps.study.provenance.ROOT", tmp_path)
    (tmp_path / "relmaps/__pycache__").mkdir(parents=True)
    (tmp_path / "relmaps/a.py").write_text("1")
    before = code_hash()
    (tmp_path / "relmaps/__pycache__/a.pyc").write_text("x")
    (tmp_path / "relmaps/.writing-a.py").write_text("x")
    assert code_hash() == before
    (tmp_path / "relmaps/a.py").write_text("2")
    changed = code_hash()
    (tmp_path / "relmaps/a.py").rename(tmp_path / "relmaps/b.py")
    assert len({before, changed, code_hash()}) == 3
    assert code_hash(["elsewhere"]) == hashlib.sha256().hexdigest()


def test_git_commit_says_when_files_differ(tmp_path, monkeypatch):
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_commit(tmp_path) == "n/a"

    def git(*words):
        identity = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", tmp_path, *identity, *words], check=True, capture_output=True)

    git("init")
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "--no-verify", "-m", "a")
    clean = git_commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "a").write_text("2")
    assert git_commit(tmp_path) == f"{clean}+changes"
