from relmaps.io.files import hash_file, read_json
from workflow.scripts.write_manifest import main


def test_the_manifest_tells_of_the_folder_it_lies_in(tmp_path):
    (tmp_path / "report.html").write_text("<p>")
    main(manifest=tmp_path / "manifest.json")
    written = read_json(tmp_path / "manifest.json")
    assert written["files"] == {"report.html": hash_file(tmp_path / "report.html")}
    assert written["rules"] == {}
