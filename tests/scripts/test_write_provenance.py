from relmaps.io.files import hash_file, read_json
from tests.synthetic_results import SyntheticStudy
from workflow.scripts import write_provenance


def test_provenance_is_written(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    scans = study.path("cohort/scans.tsv")
    write_provenance.main(
        scans=scans,
        inputs={"meta_analysis": scans},
        config={"study": "demo"},
        code="c0de",
        provenance=tmp_path / "provenance.json",
    )
    written = read_json(tmp_path / "provenance.json")
    assert len(written["inputs"]["raw_scans"]) == study.n_scans - 1
    assert written["inputs"]["meta_analysis"] == hash_file(scans)
    assert written["config"] == {"study": "demo"}
    assert written["code"] == "c0de"
