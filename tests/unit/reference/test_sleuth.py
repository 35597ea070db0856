import random
import re

import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.io.tables import read_table
from relmaps.reference.sleuth import Experiment, read_label, read_remark, read_sleuth, sleuth_text

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


@pytest.mark.parametrize(
    ("word", "space"),
    [
        *(("Talairach", "TAL"), ("TAL", "TAL"), ("Talairach (Brett)", "TAL"), ("Talairach & Tournoux", "TAL")),
        *(("mni", "MNI"), ("MNI152", "MNI"), ("ICBM 152", "MNI"), ("MNI152NLin2009cAsym", "MNI"), ("MNI space", "MNI")),
        *(("MNI // was Talairach", "MNI"), ("tal # by Brett", "TAL")),
    ],
)
def test_space(write, word, space):
    path = write(GOOD.replace("=MNI", f" = {word}"))
    assert read_sleuth(path)[0].space == space
    assert ("Brett's formula" in read_remark(path)) == (word == "Talairach (Brett)")


@pytest.mark.parametrize(
    ("line", "focus"),
    [
        ("-26,5\t-18,0\t4,2", [-26.5, -18, 4.2]),
        ("-26,5;-18;4,25", [-26.5, -18, 4.25]),
        ("-26,500 -18 4", [-26.5, -18, 4]),
        ("-26,-18,4", [-26, -18, 4]),
        ("-26.5, -18, 4", [-26.5, -18, 4]),
        ("-26 , -18 ,\t4", [-26, -18, 4]),
        ("-26 \t -18 \t 4", [-26, -18, 4]),
        ("−26.5 –18\u00a04", [-26.5, -18, 4]),
        ("−26,−18,4", [-26, -18, 4]),
    ],
)
def test_a_line_has_three_numbers_by_one_delimiter(write, line, focus):
    path = write(GOOD.replace("10 -20 30", line))
    np.testing.assert_array_equal(read_sleuth(path)[0].foci[0], focus)


@pytest.mark.parametrize(
    "line",
    ["-26,5\t-18", "-26,5 -18", "1, 2 3", "1,2,3 4", "1;2,3", "1;2 3", "1;2;3;", "1,2,3,4", "1,2", "-26,5, -18,0, 4,2"],
)
def test_a_line_of_two_delimiters_or_other_numbers_is_refused(write, line):
    words = (
        f"line 4: {line!r} is not three numbers apart by one delimiter; write x, y and z with one delimiter, such as"
    )
    with pytest.raises(UserError, match=re.escape(words)):
        read_sleuth(write(GOOD.replace("10 -20 30", line)))


def test_byte_order_mark_and_windows_line_ends(write):
    assert len(read_sleuth(write(GOOD.replace("\n", "\r\n"), encoding="utf-8-sig"))) == 2


def test_experiments_of_the_same_name_are_kept_apart(write):
    assert len(read_sleuth(write(GOOD.replace("Jones2002\n// visual cortex", "Smith2001: less grey matter")))) == 2


REPEATED = """
// {}
//Subjects={}
-4.5 6 8
10 -20 30
"""


@pytest.mark.parametrize(
    ("name", "subjects"), [("Smith2001: less grey matter", 12), ("Smith2001: less grey matter", 30), ("Again", 12)]
)
def test_an_experiment_that_stands_twice_is_refused(write, name, subjects):
    with pytest.raises(UserError) as error:
        read_sleuth(write(GOOD + REPEATED.format(name, subjects)))
    assert str(error.value).endswith(
        f"foci.txt, line 12: experiment {name!r} has the foci of 'Smith2001: less grey matter' in line 2, and would "
        "count twice; remove one"
    )


def test_the_same_foci_of_other_subjects_or_one_peak_alone_may_stand_twice(write):
    assert len(read_sleuth(write(GOOD + REPEATED.format("Again", 13)))) == 3
    assert len(read_sleuth(write(GOOD + "// Lee2003\n//Subjects=7\n1 2 3\n"))) == 3
    with pytest.raises(UserError, match=r"line 11: experiment 'Jones2002 visual cortex' has the foci of"):
        read_sleuth(write(GOOD + "// Jones2002 visual cortex\n//Subjects=9\n1 2 3\n"))


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
        ("=12", "=12.5", r"line 3: sample size '12\.5' is not a whole number above 0"),
        (
            "// Jones2002\n// visual cortex\n//Subjects=7\n",
            "//Subjects=7\n// Jones2002\n",
            r"line 8: //Subjects=7 stands before the experiment's name; put the name first",
        ),
        ("=MNI", "=MNI305", r"foci\.txt: its space 'MNI305' is unknown"),
        ("=MNI", "=MNI (was Talairach)", r"foci\.txt: its space 'MNI \(was Talairach\)' is unknown"),
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


def test_a_link_or_pointer_to_a_file_that_was_not_fetched(tmp_path, write):
    (tmp_path / "link.txt").symlink_to(tmp_path / ".git/annex/objects/foci.txt")
    with pytest.raises(UserError, match=r"link\.txt: the link leads nowhere; fetch it \(`datalad get`"):
        read_sleuth(tmp_path / "link.txt")
    with pytest.raises(UserError, match=r"foci\.txt: a pointer to a file that is not there; fetch it \(`datalad get`"):
        read_sleuth(write("/annex/objects/MD5E-s9--0.txt\n"))


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
