import random
import re

import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table
from relmaps.reference.sleuth import Experiment, read_label, read_sleuth, sleuth_text

pytestmark = pytest.mark.fault

GOOD = """//Reference=MNI
// Smith2001: less grey matter
// Subjects=12
10 -20 30
-4.5\t6\t8

// Jones2002
// visual cortex
//Subjects=7
1, 2, 3
"""


@pytest.fixture
def write(tmp_path):
    def _write(text, **kwargs):
        path = tmp_path / "foci.txt"
        path.write_text(text, **kwargs)
        return path

    return _write


def test_reads_experiments_in_order(write):
    first, second = read_sleuth(write(GOOD))
    assert (first.name, first.subjects, first.space) == ("Smith2001: less grey matter", 12, "MNI")
    np.testing.assert_array_equal(first.foci, [[10, -20, 30], [-4.5, 6, 8]])
    assert (second.name, second.subjects) == ("Jones2002 visual cortex", 7)
    np.testing.assert_array_equal(second.foci, [[1, 2, 3]])


@pytest.mark.parametrize(("word", "space"), [("Talairach", "TAL"), ("TAL", "TAL"), ("mni", "MNI")])
def test_space(write, word, space):
    assert read_sleuth(write(GOOD.replace("=MNI", f" = {word}")))[0].space == space


def test_byte_order_mark_and_windows_line_ends(write):
    assert len(read_sleuth(write(GOOD.replace("\n", "\r\n"), encoding="utf-8-sig"))) == 2


def test_experiments_of_the_same_name_are_kept_apart(write):
    assert len(read_sleuth(write(GOOD.replace("Jones2002\n// visual cortex", "Smith2001: less grey matter")))) == 2


def test_a_label_stands_on_the_second_line_and_is_no_experiment(write):
    assert read_label(write(GOOD)) == ""
    path = write(GOOD.replace("=MNI\n", "=MNI\n// Label = too few\n"))
    assert read_label(path) == "too few"
    assert read_sleuth(path)[0].name == "Smith2001: less grey matter"


@pytest.mark.parametrize(("space", "label"), [("MNI", ""), ("TAL", "text-mined; sizes = 20")])
def test_text_is_read_back(write, space, label):
    experiments = [
        Experiment("first", 20, space, np.array([[1.5, -2, 3], [4, 5, -66]])),
        Experiment("second: one", 7, space, np.array([[0.0, 0, 0.25]])),
    ]
    path = write(sleuth_text(experiments, label))
    assert read_label(path) == label
    for before, after in zip(experiments, read_sleuth(path), strict=True):
        assert (before.name, before.subjects, before.space) == (after.name, after.subjects, after.space)
        np.testing.assert_array_equal(before.foci, after.foci)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("//Reference=MNI\n", "", r"foci\.txt: names no space; add //Reference=MNI"),
        ("=MNI", "=Mars", r"foci\.txt: its space 'Mars' is unknown"),
        (GOOD, "", r"foci\.txt: names no space"),
        (GOOD, "//Reference=MNI\n", r"foci\.txt: has no foci"),
        ("// Subjects=12\n", "", r"line 3: no sample size before '10 -20 30'; add a line //Subjects=N"),
        ("// Smith2001: less grey matter\n// Subjects=12\n", "", r"line 2: no sample size"),
        ("=12", "=twelve", r"line 3: sample size 'twelve' is not a whole number above 0"),
        ("=12", "=0", r"line 3: sample size '0'"),
        ("10 -20 30", "10 -20", r"line 4: '10 -20' is not a coordinate"),
        ("10 -20 30", "10 -20 x", r"line 4: '10 -20 x' is not a coordinate"),
        ("10 -20 30", "10 -20 nan", r"line 4: '10 -20 nan' is not a coordinate"),
        ("10 -20 30", "10 -20 3000", r"line 4: '10 -20 3000' lies outside any head"),
        ("// Jones2002", "//Reference=TAL", r"line 7: a second //Reference line"),
        ("10 -20 30\n-4.5\t6\t8\n", "", r"line 5: the experiment before it has no foci"),
        ("1, 2, 3\n", "", r"line 7: .*Jones2002.* has no foci"),
    ],
)
def test_mistakes_name_the_line(write, old, new, message):
    assert old in GOOD
    with pytest.raises(UserError, match=message) as error:
        read_sleuth(write(GOOD.replace(old, new)))
    assert "\n" not in str(error.value)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"absent\.txt: no such foci file"):
        read_sleuth(tmp_path / "absent.txt")


def test_not_text(tmp_path):
    (tmp_path / "foci.txt").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(UserError, match="not a readable UTF-8 text file"):
        read_sleuth(tmp_path / "foci.txt")


def test_junk_in_a_foci_file_raises_nothing_but_user_errors(write):
    draw = random.Random(0)
    pieces = [*GOOD.splitlines(), "//", "// Subjects=", "//Reference=", "NaN 1 2", "=cmd()"]
    pieces += ["\0\0", "1e999 0 0", "<html>", "😀", "\t"]
    refused = accepted = 0
    for _ in range(300):
        text = "\n".join(draw.choices(pieces, k=draw.randint(0, 12)))
        try:
            assert all(len(experiment.foci) for experiment in read_sleuth(write(text)))
        except UserError as error:
            refused += bool(re.fullmatch(r".*foci\.txt\b.*", str(error)))
        else:
            accepted += 1
    assert refused > 200
    assert refused + accepted == 300, "each error is one line with the name of the file"


def test_carried_example_has_60_foci_of_4_studies():
    experiments = read_sleuth("resources/ad_vbm_foci.txt")
    assert [len(experiment.foci) for experiment in experiments] == [34, 16, 6, 4]
    assert [experiment.subjects for experiment in experiments] == [26, 13, 8, 5]
    assert {experiment.space for experiment in experiments} == {"MNI"}
    assert read_label("resources/ad_vbm_foci.txt") == "transcribed, 4 studies, too few for inference"


def test_carried_example_says_how_sure_each_study_is():
    studies = read_table("resources/ad_vbm_foci.tsv", ("study_key", "tier", "evidence", "n_foci"))
    experiments = read_sleuth("resources/ad_vbm_foci.txt")
    assert [experiment.name.split(":")[0] for experiment in experiments] == studies["study_key"].tolist()
    assert [len(experiment.foci) for experiment in experiments] == studies["n_foci"].tolist()
    assert studies["tier"].tolist() == ["A", "B", "B", "B"]
    assert studies["evidence"].notna().all()
