import pytest

from relmaps.cohort.sources.table import read_scan_table
from relmaps.io.errors import UserError

pytestmark = pytest.mark.fault

SETTINGS = {
    "source": "table",
    "labels": {"column": "dx", "disease": "AD", "control": "CN"},
    "covariates": {"age": "age", "sex": "sex", "site": "site"},
    "table": {"participant": "id", "path": "file", "session": None},
}
WITH_SESSION = {"table": SETTINGS["table"] | {"session": "visit"}}
ONLY_LABELS = {"covariates": {"age": None, "sex": None, "site": None}}


@pytest.fixture
def table(tmp_path):
    """A table of that name, and empty files; reading names must not open them."""

    def make(text, files=("a.nii", "b.nii", "c.nii"), name="scans.csv", encoding="utf-8"):
        for file in files:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).touch()
        (tmp_path / name).write_bytes(text.encode(encoding))
        return tmp_path / name

    return make


def read(path, **changes):
    return read_scan_table(path, SETTINGS | changes)


def reasons(cohort):
    return cohort.exclusions.fillna("").set_index(["participant_id", "scan_id"])["reason"].to_dict()


def test_a_row_is_a_participant_with_a_scan(table):
    path = table(
        "id,file,dx,age,sex,site,note\n002_S_0295,a.nii,AD,70.5,F,007,x\nsub-2,sub/b.nii,CN,n/a,,n/a,\n3,c.nii,MCI,71,m,1,\n",
        ("a.nii", "sub/b.nii", "c.nii"),
    )
    cohort = read(path)
    assert [(scan.scan_id, scan.session_id) for scan in cohort.scans] == [("sub-002S0295", None), ("sub-2", None)]
    assert [scan.path for scan in cohort.scans] == [str(path.parent / "a.nii"), str(path.parent / "sub/b.nii")]
    people = cohort.participants.set_index("participant_id")
    assert people.loc["sub-002S0295", ["group", "label", "age", "sex", "site"]].tolist() == ["AD", 1, 70.5, "f", "007"]
    assert people.loc["sub-2", ["age", "sex", "site"]].isna().all()
    assert reasons(cohort) == {("sub-3", "sub-3"): "dx is MCI"}


@pytest.mark.parametrize(
    ("name", "text", "encoding"),
    [
        ("scans.csv", "id,file,dx\n1,a.nii,AD\n2,b.nii,CN\n", "utf-8"),
        ("scans.csv", "id;file;dx\n1;a.nii;AD\n2;b.nii;CN\n", "utf-8"),
        ("scans.CSV", '"id","file","dx"\r\n"1","a.nii","AD"\r\n\r\n2,b.nii,CN\r\n', "utf-8-sig"),
        ("scans.tsv", "id\tfile\tdx\n1\ta.nii\tAD\n2\tb.nii\tCN", "utf-8-sig"),
        ("scans.csv", "a;b, id , file , dx \n;, 1 , a.nii , AD \n,2,b.nii,CN\n,,,\n", "utf-8"),
    ],
)
def test_tables_as_programs_write_them(table, name, text, encoding):
    cohort = read(table(text, name=name, encoding=encoding), **ONLY_LABELS)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-1", "sub-2"]
    assert cohort.participants["group"].tolist() == ["AD", "CN"]


def test_a_decimal_comma_is_a_number(table):
    text = "id;file;dx;age\n1;a.nii;AD;70,5\n2;b.nii;CN;71.5\n"
    cohort = read(table(text), covariates={"age": "age", "sex": None, "site": None})
    assert cohort.participants["age"].tolist() == [70.5, 71.5]


@pytest.mark.parametrize(
    "file",
    [
        "with space.nii",
        "é日本.nii",
        "[1] {x} {{y}}.nii",
        'it\'s "quoted".nii',
        "a,b;c.nii",
        "~/x.nii",
        "../up.nii",
        "$HOME*?.nii",
    ],
)
def test_any_path_will_do(table, file):
    quoted = file.replace('"', '""')
    path = table(f'id,file,dx\n1,"{quoted}",AD\n2,b.nii,CN\n', (file, "b.nii"))
    scans = read(path, **ONLY_LABELS).scans
    assert [scan.path for scan in scans] == [str(path.parent / file), str(path.parent / "b.nii")]


def test_an_absolute_path_stays(table, tmp_path):
    path = table(f"id,file,dx\n1,{tmp_path}/a.nii,AD\n2,b.nii,CN\n")
    assert read(path, **ONLY_LABELS).scans[0].path == f"{tmp_path}/a.nii"


def test_the_first_row_with_a_path_counts_and_the_others_have_a_reason(table):
    text = (
        "id,file,dx,visit,age\n1,n/a,MCI,bl,70\n1,b.nii,AD,m12,71\n1,c.nii,AD,m24,72\n2,a.nii,CN,ses-bl,60\n2,b.nii,CN,bl,60\n"
        "3,gone.nii,CN,m-6,1\n3,b.nii,CN,,1\n4,,CN,,1\n5,d,CN,,1\n"
    )
    cohort = read(table(text), covariates={"age": "age", "sex": None, "site": None}, **WITH_SESSION)
    scans = {scan.scan_id: scan for scan in cohort.scans}
    assert list(scans) == ["sub-1_ses-m12", "sub-2_ses-bl"]
    assert scans["sub-1_ses-m12"].session_id == "ses-m12"
    assert cohort.participants[["group", "age"]].to_numpy().tolist() == [["AD", 71], ["CN", 60]]
    gone = str(table(text).parent / "gone.nii")
    assert reasons(cohort) == {
        ("sub-1", "sub-1_ses-bl"): "no path in column file",
        ("sub-1", "sub-1_ses-m24"): "one scan per participant: sub-1_ses-m12 is taken",
        ("sub-2", "sub-2_ses-bl_run-2"): "one scan per participant: sub-2_ses-bl is taken",
        ("sub-3", "sub-3_ses-m6"): f"{gone}: no such file; check the path",
        ("sub-3", "sub-3"): "the participant's first scan is missing",
        ("sub-4", "sub-4"): "no path in column file",
        ("sub-5", "sub-5"): f"{gone.replace('gone.nii', 'd')}: no such file; check the path",
    }


def test_a_name_that_no_file_can_have_is_only_missing(table):
    cohort = read(table(f"id,file,dx\n1,{'x' * 5000},AD\n2,b.nii,CN\n"), **ONLY_LABELS)
    assert reasons(cohort)["sub-1", "sub-1"].endswith(": no such file; check the path")


def test_files_and_folders_are_not_mixed_up(table, tmp_path):
    (tmp_path / "series").mkdir()
    path = table("id,file,dx\n1,a.nii,AD\n2,series,CN\n")
    assert "series: is a folder; give a NIfTI file" in reasons(read(path, **ONLY_LABELS))["sub-2", "sub-2"]
    cohort = read(path, source="dicom", **ONLY_LABELS)
    assert [scan.path for scan in cohort.scans] == [str(tmp_path / "series")]
    assert "a.nii: is a file; give the folder of a DICOM series" in reasons(cohort)["sub-1", "sub-1"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("id,file\n1,a.nii\n", r"column dx is missing; it has id, file; check cohort.table, cohort.labels"),
        ("id,file,dx,dx\n1,a.nii,AD,CN\n", "column dx stands twice"),
        ("id,file,dx\n1,a.nii,AD\n,b.nii,CN\n", "line 3: column id is empty"),
        ("id,file,dx\n\n#,b.nii,CN\n", r"line 3: column id is '#', without letters and digits"),
        ("id,file,dx\n0-1,a.nii,AD\n01,b.nii,CN\n", "participants '0-1' and '01' both become sub-01; rename one"),
        (
            "id,file,dx\n1,a.nii,AD\n2,b,c.nii,CN\n",
            "line 3 has 4 cells, but the header 3; write n/a in .*, and put a cell with a comma in",
        ),
        ('id,file,dx\n1,a.nii,AD\n2,"b.nii,CN\n', r"not readable after line 2 \(.*\); check the quotes"),
        (
            "id,file,dx\n1,a.nii,AD\n1,b.nii,CN\n",
            "participant sub-1 has dx AD and CN; correct one, or name the sessions' column",
        ),
        ("id,file,dx\n1,a.nii,MCI\n", r"no T1w scan of a participant whose dx is AD or CN.*most often: dx is MCI"),
        ("id,file,dx\n", "has no rows"),
        ("", "is empty; write a header and rows"),
        (
            'id,file,dx\n1,a.nii,"\n2,b.nii,"\n3,c.nii,CN\n',
            "lines 2 to 3 are one row because of a quotation mark",
        ),
        (
            "id,file,dx\n1.0,a.nii,AD\n",
            "line 2: identifier '1.0' is a number to a spreadsheet; write",
        ),
        ("id,file,dx\n1.2E+05,a.nii,AD\n", r"line 2: identifier '1.2E\+05' is a number to a spreadsheet"),
    ],
)
def test_errors_name_the_table_and_the_remedy(table, text, words):
    path = table(text)
    with pytest.raises(UserError, match=words) as error:
        read(path, **ONLY_LABELS)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("1,a.nii,AD,bl\n1,b.nii,CN,ses-bl\n", "participant sub-1 has dx AD and CN in session ses-bl"),
        ("1,a.nii,AD,??\n", r"line 2: session '\?\?' has neither letters nor digits"),
    ],
)
def test_a_session_that_contradicts_is_named(table, rows, words):
    with pytest.raises(UserError, match=words):
        read(table("id,file,dx,visit\n" + rows), **ONLY_LABELS, **WITH_SESSION)


def test_a_table_in_another_encoding_is_named(table):
    for encoding in ("latin-1", "utf-16"):
        with pytest.raises(UserError, match=r"scans.csv: not UTF-8 .*save the table as UTF-8"):
            read(table("id,file,dx\n1,é.nii,AD\n", encoding=encoding))


def test_an_input_that_is_no_table_is_named(table, tmp_path):
    with pytest.raises(UserError, match="is a folder; give the table of scans"):
        read(tmp_path)
    with pytest.raises(UserError, match=r"gone.csv: no such table"):
        read(tmp_path / "gone.csv")
    with pytest.raises(UserError, match=r"scans.xlsx: not a .csv or .tsv file"):
        read(table("", name="scans.xlsx"))


def test_thousands_of_rows_are_read_in_order(table):
    rows = [f"{number},x{number}.nii,{'AD' if number % 2 else 'CN'}" for number in range(5000)]
    cohort = read(table("id,file,dx\n" + "\n".join(rows), ["x7.nii", "x40.nii"]), **ONLY_LABELS)
    assert cohort.participants[["participant_id", "label"]].to_numpy().tolist() == [["sub-7", 1], ["sub-40", 0]]
    assert len(cohort.exclusions) == 4998


def test_a_line_break_in_quotation_marks_is_part_of_a_cell(table):
    cohort = read(table('id,file,dx,note\n1,a.nii,AD,"two\nlines"\n2,b.nii,CN,\n'), **ONLY_LABELS)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-1", "sub-2"]


def test_text_between_tabs_is_read_literally(table):
    cohort = read(table('id\tfile\tdx\tnote\n1\ta.nii\tAD\t"\n2\tb.nii\tCN\t"\n', name="scans.tsv"), **ONLY_LABELS)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-1", "sub-2"]


def test_rows_that_are_not_in_the_order_of_their_sessions_are_noted(table):
    text = "id,file,dx,visit\n1,a.nii,AD,m12\n1,b.nii,AD,bl\n2,c.nii,CN,bl\n"
    cohort = read(table(text), **ONLY_LABELS, **WITH_SESSION)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-1_ses-m12", "sub-2_ses-bl"]
    assert cohort.notes == [
        "1 participant(s) have a row before that of the session that is the first by its name: the first row is taken.",
        "The scans are of different sessions: m12 (1), bl (1).",
    ]


def test_ages_and_sexes_that_cannot_be_used_stop_the_study_or_are_missing(table):
    text = "id;file;dx;age;sex\n1;a.nii;AD;89+;F\n2;b.nii;CN;999;x\n3;c.nii;CN;70,5;m\n"
    covariates = {"age": "age", "sex": "sex", "site": None, "allow_unreadable": False}
    with pytest.raises(UserError, match=r"column age has values that cannot be used: '999' \(sub-2\); an age "):
        read(table(text), covariates=covariates)
    with pytest.raises(UserError, match=r"column sex has values that cannot be used: 'x' \(sub-2\); a sex is f, m,"):
        read(table(text.replace("999", "99")), covariates=covariates)
    cohort = read(table(text), covariates=covariates | {"allow_unreadable": True})
    assert cohort.participants["age"].fillna(-1).tolist() == [89, -1, 70.5]
    assert cohort.notes == [
        "The age of 1 participant is not exact: '89+' as 89 (1).",
        "The age of 1 participant cannot be used and counts as missing: '999' (1).",
        "The sex of 1 participant cannot be used and counts as missing: 'x' (1).",
    ]


def test_nobody_outside_the_two_groups_stops_the_study(table):
    text = "id,file,dx,age\n1,a.nii,AD,70\n2,b.nii,CN,71\n3,c.nii,MCI,x\n"
    covariates = {"age": "age", "sex": None, "site": None, "allow_unreadable": False}
    assert read(table(text), covariates=covariates).participants["age"].tolist() == [70, 71]


def test_a_table_that_is_a_link_to_nowhere_is_to_be_fetched(tmp_path):
    (tmp_path / "scans.csv").symlink_to(tmp_path / "gone")
    with pytest.raises(UserError, match=r"scans.csv: the link leads nowhere; fetch it \(`datalad get`"):
        read(tmp_path / "scans.csv")


def test_a_note_names_nobody_where_the_wrong_column_is_that_of_age(table):
    covariates = {"age": "id", "sex": None, "site": None, "allow_unreadable": True}
    cohort = read(table("id,file,dx\nsub-A1,a.nii,AD\nB2,b.nii,CN\n"), covariates=covariates)
    assert cohort.notes == ["The age of 2 participants cannot be used and counts as missing: an identifier (2)."]
