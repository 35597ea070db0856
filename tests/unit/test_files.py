import pytest

from relmaps.files import replacing, write_json, write_text


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
