import platform
from importlib.metadata import version

import pytest

from relmaps.io.files import hash_file, read_json, write_json
from relmaps.study.manifest import make_manifest
from relmaps.study.provenance import code_hash
from relmaps.study.verify import main


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A finished study of two scans in the working folder, and its configuration."""
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results/mine"
    for name in ("a.nii.gz", "b.nii.gz", "foci.txt", "results/mine/overlap/scores.tsv", "results/mine/report.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    rows = [f"sub-{name}\t{tmp_path / name}.nii.gz\t{hash_file(f'{name}.nii.gz')}" for name in "ab"]
    rows.append("sub-c\tnowhere.nii.gz\tn/a")  # could not be read when the study was made
    (results / "cohort").mkdir()
    (results / "cohort/scans.tsv").write_text("scan_id\tpath\tsha256\n" + "\n".join(rows) + "\n")
    made = {
        "code": code_hash(),
        "git_commit": "c0ffee",
        "inputs": {"meta_analysis": hash_file("foci.txt")},
        "packages": {"numpy": version("numpy"), "nimare": "n/a"},
        "python": platform.python_version(),
    }
    write_json(made, results / "provenance.json")
    write_json(make_manifest(results), results / "manifest.json")
    (tmp_path / "mine.yaml").write_text(
        "study: mine\nreference: {meta_analysis: {source: sleuth, path: foci.txt}}\n", encoding="utf-8"
    )
    return results


def told(capsys):
    status = main("mine.yaml")
    return status, capsys.readouterr().out.splitlines()


def test_a_study_that_is_what_it_was_has_one_line(study, capsys):
    status, lines = told(capsys)
    assert status == 0
    assert lines == ["results/mine: 4 files, the inputs, the code and the software are unchanged"]


def change_provenance(study, **changes):
    write_json(read_json(study / "provenance.json") | changes, study / "provenance.json")
    write_json(make_manifest(study), study / "manifest.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda study: (study / "report.html").unlink(), "results/mine/report.html: missing"),
        (
            lambda study: (study / "report.html").write_text("x"),
            "results/mine/report.html: changed since the study was",
        ),
        (lambda study: (study.parents[1] / "a.nii.gz").unlink(), "a.nii.gz: cannot be read (No such file"),
        (lambda study: (study.parents[1] / "b.nii.gz").write_text("x"), "b.nii.gz: changed since the study was made"),
        (lambda study: (study.parents[1] / "foci.txt").write_text("x"), "input foci.txt: changed since the study was"),
        (lambda study: (study.parents[1] / "foci.txt").unlink(), "input foci.txt: missing"),
        (
            lambda study: change_provenance(study, code="0" * 64),
            "code: differs from that of the study (commit c0ffee): 0",
        ),
        (lambda study: change_provenance(study, python="2.7"), "python: 2.7 then, 3."),
        (lambda study: change_provenance(study, packages={"numpy": "1.0"}), "numpy: 1.0 then, "),
        (lambda study: change_provenance(study, packages={"no-such": "1"}), "no-such: 1 then, not installed now"),
        (lambda study: change_provenance(study, inputs={}), "input reference.meta_analysis: was not among those"),
        (lambda study: (study / "manifest.json").unlink(), "results/mine/manifest.json: no finished study"),
        (lambda study: (study / "provenance.json").write_text("{"), "results/mine/provenance.json: no finished study"),
    ],
)
def test_each_difference_is_one_line(study, capsys, change, words):
    change(study)
    status, lines = told(capsys)
    assert status == 1
    (line,) = lines
    assert words in line
