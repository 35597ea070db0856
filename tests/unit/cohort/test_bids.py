import itertools
import random
import re
import shutil
import subprocess
import time

import pathspec
import pytest
from bids2table import index_dataset

from relmaps.cohort.sources.bids import is_ignored, list_tables, read_bids, read_ignore_rules
from relmaps.io.errors import UserError

pytestmark = pytest.mark.fault

SETTINGS = {
    "labels": {"column": "diagnosis", "disease": "AD", "control": "CN"},
    "covariates": {"age": "age", "sex": "sex", "site": None},
    "bids": {"sessions": None, "runs": None, "acquisitions": None, "allow": None},
}
TWO = "participant_id\tage\tsex\tdiagnosis\n01\t70\tf\tAD\n02\t71\tm\tCN\n"


@pytest.fixture
def dataset(tmp_path):
    """Folder with empty files; reading names must not open them."""

    def make(table, scans, ignore=None):
        (tmp_path / "participants.tsv").write_text(table)
        for scan in scans:
            path = tmp_path / scan
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        if ignore is not None:
            (tmp_path / ".bidsignore").write_text(ignore)
        return tmp_path

    return make


def read(root, **changes):
    return read_bids(root, SETTINGS | changes)


def read_selected(root, **bids):
    return read(root, bids=SETTINGS["bids"] | bids)


def reasons(cohort):
    return cohort.exclusions.fillna("").set_index(["participant_id", "scan_id"])["reason"].to_dict()


def name_images(subject, *names):
    """Paths of T1w images by the part of their name between subject and suffix."""
    return [
        "/".join([subject, *(part for part in name.split("_") if part.startswith("ses-")), "anat"])
        + f"/{subject}{'_' if name else ''}{name}_T1w.nii.gz"
        for name in names
    ]


def test_participants_and_scans_with_a_reason_for_each_that_is_left_out(dataset):
    root = dataset(
        "participant_id\tage\tsex\tdiagnosis\n"
        "sub-01\t70\tF\tAD\n02\t71.5\tmale\tCN\nsub-03\tn/a\tn/a\tMCI\nsub-04\t60\tm\tn/a\nsub-05\t61\tm\tCN\n",
        [
            "sub-01/ses-2/anat/sub-01_ses-2_T1w.nii.gz",
            "sub-01/ses-1/anat/sub-01_ses-1_run-2_T1w.nii.gz",
            "sub-01/ses-1/anat/sub-01_ses-1_run-1_T1w.nii.gz",
            "sub-02/anat/sub-02_T1w.nii",
            "sub-02/anat/sub-02_T2w.nii",
            "sub-02/anat/._sub-02_T1w.nii",
            "sub-03/anat/sub-03_T1w.nii.gz",
            "sub-04/anat/sub-04_T1w.nii.gz",
            "sub-06/anat/sub-06_T1w.nii.gz",
            "derivatives/sub-01/anat/sub-01_T1w.nii.gz",
            "sourcedata/sub-07/anat/sub-07_T1w.nii.gz",
        ],
    )
    cohort = read(root)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_ses-1_run-1", "sub-02"]
    assert cohort.scans[0].session_id == "ses-1"
    people = cohort.participants.set_index("participant_id")
    assert people["label"].to_dict() == {"sub-01": 1, "sub-02": 0}
    assert people.loc["sub-02", ["age", "sex"]].tolist() == [71.5, "m"]
    assert reasons(cohort) == {
        ("sub-01", "sub-01_ses-1_run-2"): "one scan per participant: sub-01_ses-1_run-1 is taken",
        ("sub-01", "sub-01_ses-2"): "one scan per participant: sub-01_ses-1_run-1 is taken",
        ("sub-03", "sub-03"): "diagnosis is MCI",
        ("sub-04", "sub-04"): "no value in column diagnosis",
        ("sub-05", ""): "no T1w image",
        ("sub-06", "sub-06"): "not in participants.tsv",
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("participant_id\tage\tsex\ngroup\t1\tm\n", "column diagnosis is missing"),
        ("participant_id\tage\tsex\tdiagnosis\n01\t70\tf\tAD\nsub-01\t71\tm\tCN\n", "participant sub-01 stands twice"),
        *(
            (
                f"participant_id\tage\tsex\tdiagnosis\n{name}\t70\tf\tAD\n",
                "is not sub- with letters and digits",
            )
            for name in ("sub-../../etc", "../01", "sub-01 02", "sub-'01'", "$(reboot)", "n/a", "sub-", "sub-é1")
        ),
        ("participant_id\tage\tsex\tdiagnosis\nsub-01\t70\tf\tMCI\n", "no T1w scan of a participant whose diagnosis"),
        ("participant_id\tage\tsex\tdiagnosis\nsub-01\t70\tf\tMCI\n", r"\(most often: diagnosis is MCI\)"),
        ("", "is empty; write a header and rows"),
        (TWO.replace("CN\n", "CN\tx\n"), "line 3 has 5 cells, but the header 4; write n/a in a cell without a value"),
        (TWO.replace("\tm\tCN", "\tCN"), "line 3 has 3 cells, but the header 4; write n/a in a cell without a value"),
        (TWO.replace("sex", "age"), "column sex is missing"),
        (
            TWO.replace("diagnosis", "diagnosis\tage").replace("AD", "AD\t3"),
            "column age stands twice; rename one",
        ),
        ("/annex/objects/MD5E-s1--0.tsv\n", r"a pointer to a file that is not there; fetch it \(`datalad get`"),
    ],
)
def test_errors_name_the_file_and_the_remedy(dataset, table, words):
    root = dataset(table, ["sub-01/anat/sub-01_T1w.nii.gz"])
    with pytest.raises(UserError, match=words) as error:
        read(root)
    assert str(root) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("encoding", "works"), [("utf-8-sig", True), ("latin-1", False), ("utf-16", False)])
def test_a_table_in_another_encoding_is_named(dataset, encoding, works):
    root = dataset("", name_images("sub-01", "") + name_images("sub-02", ""))
    (root / "participants.tsv").write_bytes(TWO.replace("age", "âge").encode(encoding))
    if works:
        assert len(read(root, covariates={"age": "âge", "sex": "sex", "site": None}).scans) == 2
        return
    with pytest.raises(UserError, match=r"participants\.tsv: not UTF-8 \(.*; save the table as UTF-8") as error:
        read(root)
    assert "\n" not in str(error.value)


def test_a_tab_at_the_end_of_each_row_shifts_no_column_and_a_cell_too_many_is_told(dataset):
    scans = name_images("sub-01", "") + name_images("sub-02", "")
    assert len(read(dataset(TWO.replace("AD\n", "AD\t\n").replace("CN\n", "CN\t\n"), scans)).scans) == 2
    for table in (TWO.replace("AD\n", "AD\tx\n").replace("CN\n", "CN\ty\n"), TWO.replace("CN\n", "CN\tx\n")):
        with pytest.raises(UserError, match=r"participants\.tsv: line . has 5 cells, but the header 4"):
            read(dataset(table, scans))


def test_groups_stay_as_written(dataset):
    scans = [f"sub-0{n}/anat/sub-0{n}_T1w.nii.gz" for n in (1, 2, 3)]
    root = dataset("participant_id\tage\tsex\tdiagnosis\n01\t70\tf\t1\n02\t71\tm\tNone\n03\t71\tm\tn/a\n", scans)
    cohort = read(root, labels={"column": "diagnosis", "disease": "1", "control": "None"})
    assert cohort.participants["group"].tolist() == ["1", "None"]
    assert cohort.exclusions["reason"].tolist() == ["no value in column diagnosis"]


def test_what_is_not_available_is_missing_in_every_column(dataset):
    root = dataset(
        "participant_id\tage\tsex\tdiagnosis\tsite\n01\tn/a\tn/a\tAD\t007\n02\t71\tm\tCN\tn/a\n",
        name_images("sub-01", "") + name_images("sub-02", ""),
    )
    people = read(root, covariates={"age": "age", "sex": "sex", "site": "site"}).participants
    assert people[["age", "sex", "site"]].isna().to_numpy().tolist() == [[True, True, False], [False, False, True]]
    assert people["site"][0] == "007"


def test_a_link_that_leads_nowhere_is_left_out_with_its_reason(dataset):
    root = dataset(TWO, ["sub-01/anat/sub-01_T1w.nii.gz"])
    (root / "sub-02/anat").mkdir(parents=True)
    (root / "sub-02/anat/sub-02_T1w.nii.gz").symlink_to(root / "not-fetched")
    cohort = read(root)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01"]
    assert "the link leads nowhere" in cohort.exclusions["reason"][0]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        read(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("scans", "words"),
    [
        (["sub-01 (copy)/anat/sub-01 (copy)_T1w.nii.gz"], "not a BIDS name of sub-01"),
        (["sub-01/anat/sub-01 (copy)_T1w.nii.gz"], r"copy.*not a BIDS name of sub-01; rename it to sub-01_T1w.nii.gz"),
        (["sub-01/ses-1/anat/sub-01_T1w.nii.gz"], "not a BIDS name of sub-01_ses-1"),
        (["sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_T1w.nii"], "has the same name; keep one"),
    ],
)
def test_a_file_name_that_is_not_bids_or_not_unique_is_named(dataset, scans, words):
    with pytest.raises(UserError, match=words):
        read(dataset(TWO, scans))
    assert len(read(dataset(TWO, name_images("sub-02", ""), ignore="sub-01*/")).scans) == 1


def test_covariates_may_be_absent(dataset):
    root = dataset("participant_id\tdiagnosis\nsub-01\tAD\n", ["sub-01/anat/sub-01_T1w.nii.gz"])
    people = read(root, covariates={"age": None, "sex": None, "site": None}).participants
    assert people[["age", "sex", "site"]].isna().all().all()


def test_sessions_acquisitions_and_runs_are_taken_in_the_order_of_their_lists(dataset):
    names = [f"ses-{s}_acq-{a}_run-{r}" for s in ("m12", "bl") for a in ("x", "y") for r in ("01", "2", "10")]
    root = dataset(TWO, name_images("sub-01", *names) + name_images("sub-02", "ses-bl_acq-y_run-1"))
    assert read(root).scans[0].scan_id == "sub-01_ses-bl_acq-x_run-01"
    cohort = read_selected(root, sessions=["m12", "ses-bl"], acquisitions=["acq-y"], runs=["10", "run-1"])
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_ses-m12_acq-y_run-10", "sub-02_ses-bl_acq-y_run-1"]
    assert reasons(cohort)["sub-01", "sub-01_ses-bl_acq-y_run-01"].startswith("one scan per participant")
    assert (
        reasons(cohort)["sub-01", "sub-01_ses-bl_acq-x_run-2"] == "acquisition acq-x is not in cohort.bids.acquisitions"
    )
    assert reasons(cohort)["sub-01", "sub-01_ses-m12_acq-y_run-2"] == "run run-2 is not in cohort.bids.runs"
    assert len(cohort.exclusions) == len(names) - 1


def test_session_goes_before_acquisition_and_acquisition_before_run(dataset):
    root = dataset(TWO, name_images("sub-01", "ses-a_acq-2_run-2", "ses-a_acq-1_run-3", "ses-b_acq-1_run-1"))
    assert read(root).scans[0].scan_id == "sub-01_ses-a_acq-1_run-3"
    assert read_selected(root, acquisitions=["2", "1"]).scans[0].scan_id == "sub-01_ses-a_acq-2_run-2"
    assert read_selected(root, runs=["1", "2", "3"]).scans[0].scan_id == "sub-01_ses-a_acq-1_run-3"


def test_none_means_images_without_the_entity(dataset):
    root = dataset(TWO, name_images("sub-01", "", "acq-x", "acq-none") + name_images("sub-02", "acq-x"))
    assert read_selected(root, acquisitions=["x", "none"]).scans[0].scan_id == "sub-01_acq-x"
    assert read_selected(root, acquisitions=["acq-none"]).scans[0].scan_id == "sub-01_acq-none"
    cohort = read_selected(root, acquisitions=["none"])
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01"]
    assert reasons(cohort)["sub-02", "sub-02_acq-x"] == "acquisition acq-x is not in cohort.bids.acquisitions"
    assert ("sub-02", "") not in reasons(cohort)
    cohort = read_selected(dataset(TWO, name_images("sub-01", "ses-1")), sessions=["1"])
    assert reasons(cohort)["sub-01", "sub-01"] == "no session: none is not in cohort.bids.sessions"


def test_a_list_that_fits_no_image_is_named(dataset):
    root = dataset(TWO, name_images("sub-01", "ses-1") + name_images("sub-02", "ses-1"))
    with pytest.raises(UserError, match=r"most often: session ses-1 is not in cohort.bids.sessions"):
        read_selected(root, sessions=["bl"])


def test_images_that_bidsignore_lists_are_left_out(dataset):
    scans = name_images("sub-01", "ses-1", "ses-2") + name_images("sub-02", "ses-1", "ses-1_acq-x")
    cohort = read(dataset(TWO, scans, ignore="# comment\n\n*_ses-1_*\n!sub-02_ses-1_T1w.nii.gz\n"))
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_ses-2", "sub-02_ses-1"]
    assert reasons(cohort) == {
        ("sub-01", "sub-01_ses-1"): "ignored by .bidsignore",
        ("sub-02", "sub-02_ses-1_acq-x"): "ignored by .bidsignore",
    }
    (cohort_root := dataset(TWO, [])).joinpath(".bidsignore").write_bytes("sub-0é".encode("latin-1"))
    with pytest.raises(UserError, match=r"\.bidsignore: not a readable UTF-8 text"):
        read(cohort_root)


PATHS = ["a", "b", "ab", "a/b", "a/b/c", "ab/c", "a/ab/abc", "b/a", "a b/c", "b/c/a/b", "#a", "!a", "a/[b", "a-b"]
PATHS += ["b/]c", "a/a", "a/a/a", "abc", "c/a*b", "a\\b", "a ", "sub-1/ses-1/anat/sub-1_ses-1_T1w.nii.gz"]
NAMES = [
    "a",
    "b",
    "c",
    "*",
    "?",
    "[ab]",
    "[!a]",
    "[^b-]",
    "[a-c]",
    "[]c]",
    r"\*",
    r"\[",
    "#",
    "!",
    " ",
    r"\ ",
    "-",
    "sub-*",
]


def random_pattern(draw):
    """A gitignore pattern of a few parts; ** stands alone between slashes, as git knows it."""
    parts = ["".join(draw.choices(NAMES, k=draw.randint(1, 3))) for _ in range(draw.randint(1, 3))]
    parts = [draw.choice(["**", part, part, part]) for part in parts]
    return draw.choice(["", "", "/"]) + "/".join(parts) + draw.choice(["", "", "/"])


def test_gitignore_patterns_mean_what_they_mean_to_pathspec():
    draw = random.Random(0)
    for _ in range(3000):
        # pathspec takes the files of a for folders in a/**/, lets [!b] be a slash and fails on an escaped space before
        # another; git is the judge of these.
        lines = [random_pattern(draw).lstrip("!") for _ in range(draw.randint(1, 3))]
        lines = [line for line in lines if not re.search(r"\*\*/ *\Z|\[[!^]|\\  ", line)]
        spec, rules = pathspec.GitIgnoreSpec.from_lines(lines), read_ignore_rules("\n".join(lines))
        wrong = [path for path in PATHS if is_ignored(path, rules) != spec.match_file(path)]
        assert not wrong, lines


@pytest.mark.skipif(shutil.which("git") is None, reason="git is the judge")
def test_negated_gitignore_patterns_mean_what_they_mean_to_git(tmp_path):
    draw = random.Random(1)
    git = ["git", "-C", str(tmp_path), "-c", "core.excludesFile="]
    subprocess.run([*git, "init", "--quiet"], check=True)
    fixed = ["[c-a]\n", "[a\\]b]\n", "a\\\n", "[a\n", "/\n!\n", "/**\n!/a\n", "*\r\n!*/\r\n", "a/\n!a/b\n", "  \n"]
    drawn = ("".join(draw.choice(["", "", "!"]) + random_pattern(draw) + "\n" for _ in range(4)) for _ in range(150))
    for text in itertools.chain(fixed, drawn):
        (tmp_path / ".gitignore").write_text(text)
        told = subprocess.run(
            [*git, "check-ignore", "--no-index", "-z", "--stdin"],
            input="\0".join(PATHS),
            capture_output=True,
            text=True,
            check=False,
        )
        rules = read_ignore_rules(text)
        assert {path for path in PATHS if is_ignored(path, rules)} == set(told.stdout.split("\0")) - {""}, text


def test_the_images_are_those_that_bids2table_finds(dataset):
    draw = random.Random(2)
    scans, rows = [], ["participant_id\tage\tsex\tdiagnosis"]
    for number in range(1, 31):
        subject = f"sub-{number:02d}"
        rows.append(f"{subject}\t70\tf\t{draw.choice(['AD', 'CN'])}")
        for _ in range(draw.randint(1, 6)):
            parts = [
                draw.choice(values)
                for values in (
                    ("", "ses-1", "ses-2", "ses-10"),
                    ("", "acq-mprage", "acq-spgr"),
                    ("", "ce-gad"),
                    ("", "rec-norm"),
                    ("", "run-1", "run-02", "run-10"),
                )
            ]
            name = "_".join(filter(None, [subject, *parts]))
            folder = "/".join(filter(None, [subject, parts[0]]))
            scans += [
                f"{folder}/anat/{name}_{suffix}" for suffix in ("T1w.nii.gz", "T1w.json", "T2w.nii.gz", "T1map.nii")
            ]
            scans += [f"{folder}/func/{name}_task-rest_bold.nii.gz", f"derivatives/x/{folder}/anat/{name}_T1w.nii.gz"]
    root = dataset("\n".join(rows) + "\n", scans)
    table = index_dataset(root).to_pandas()
    table = table[(table["suffix"] == "T1w") & table["ext"].isin([".nii", ".nii.gz"])]
    table = table.assign(run=table["run"].map(lambda run: "" if run != run else str(int(run)))).fillna("")
    for sessions, acquisitions, runs in itertools.product(
        (["none", "1", "2", "10"], ["10", "1"], ["none", "ses-2"]),
        (None, ["spgr", "none"]),
        (None, ["10", "2", "none"]),
    ):
        cohort = read_selected(root, sessions=sessions, acquisitions=acquisitions, runs=runs)
        assert cohort.exclusions["scan_id"].notna().sum() + len(cohort.scans) == len(table)
        best = {}
        for row in table.itertuples():
            rank = []
            for value, wanted in ((row.ses, sessions), (row.acq, acquisitions), (row.run, runs)):
                names = wanted and ["" if name == "none" else name.removeprefix("ses-") for name in wanted]
                rank.append(value if not wanted else names.index(value) if value in names else None)
            rank[2] = rank[2] if runs else int(rank[2] or 0)
            normalised = 0 if row.rec == "norm" else 1
            rank = [rank[0], rank[1] if acquisitions else "", normalised, *rank[1:]]
            if None not in rank and not row.ce:
                best[row.sub] = min(best.get(row.sub, (rank, row.path)), (rank, row.path))
        assert {scan.path for scan in cohort.scans} == {str(root / path) for _, path in best.values()}


def test_thousands_of_participants_take_seconds(dataset):
    numbers = range(2_000)
    rows = [f"sub-{n:05d}\t70\tf\t{'AD' if n % 2 else 'CN'}" for n in numbers]
    scans = [f"sub-{n:05d}/ses-1/anat/sub-{n:05d}_ses-1_T1w.nii.gz" for n in numbers]
    root = dataset("participant_id\tage\tsex\tdiagnosis\n" + "\n".join(rows) + "\n", scans, ignore="extra/\n*_x_*\n")
    start = time.monotonic()
    assert len(read(root).scans) == 2_000
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("sessions", "first"),
    [
        (("10", "2"), "2"),
        (("M120", "M24", "bl"), "bl"),
        (("M12", "bl", "sc"), "sc"),
        (("post", "pre"), "pre"),
    ],
)
def test_the_first_session_is_the_earliest_by_name(dataset, sessions, first):
    cohort = read(dataset(TWO, name_images("sub-01", *(f"ses-{name}" for name in sessions))))
    assert [scan.session_id for scan in cohort.scans] == [f"ses-{first}"]


def test_sessions_without_an_order_are_refused_unless_the_configuration_lists_them(dataset):
    root = dataset(TWO, name_images("sub-01", "ses-beta", "ses-alpha") + name_images("sub-03", "ses-x1", "ses-y"))
    with pytest.raises(UserError, match=r"^sub-01: which of the sessions alpha, beta is the first does not follow"):
        read(root)
    assert read_selected(root, sessions=["beta", "alpha"]).scans[0].session_id == "ses-beta"


def test_a_cohort_of_different_sessions_is_noted(dataset):
    cohort = read(dataset(TWO, name_images("sub-01", "ses-1") + name_images("sub-02", "ses-2", "ses-10")))
    assert cohort.notes == ["The scans are of different sessions: 1 (1), 2 (1)."]


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        ("ce-gad", "contrast-enhanced (ce-gad)"),
        ("acq-mprageGd", "contrast-enhanced (acq-mprageGd)"),
        ("acq-cspine", "not an image of the head (acq-cspine)"),
        ("acq-3plocalizer", "a localizer (acq-3plocalizer)"),
        ("part-phase", "not a magnitude image (part-phase)"),
        ("chunk-1", "one part of the field of view (chunk-1)"),
        ("inv-2", "one inversion of several (inv-2)"),
    ],
)
def test_what_is_no_plain_head_is_taken_only_where_the_configuration_allows_it(dataset, other, kind):
    root = dataset(TWO, name_images("sub-01", "rec-norm", other) + name_images("sub-02", other))
    cohort = read(root)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_rec-norm"]
    why = f"{kind}; to take it anyway, list {other} in cohort.bids.allow"
    assert reasons(cohort) == {("sub-01", f"sub-01_{other}"): why, ("sub-02", f"sub-02_{other}"): why}
    what = kind.partition(" (")[0]
    assert cohort.notes == [f"T1w images that were not considered, by their names: {what} (2)."]
    cohort = read_selected(root, allow=[other])
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_rec-norm", f"sub-02_{other}"]
    assert cohort.notes == []


def test_an_acquisition_that_is_configured_is_not_judged_by_its_name(dataset):
    root = dataset(TWO, name_images("sub-01", "acq-cspine", "acq-cspine_part-phase"))
    assert read_selected(root, acquisitions=["cspine"]).scans[0].scan_id == "sub-01_acq-cspine"


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("rec-norm", ""),
        ("", "rec-dis2d"),
        ("rec-dis2d", "rec-nonorm"),
        ("acq-mprage", "acq-2dtse"),
        ("acq-z", "acq-a_desc-preproc"),
        ("", "echo-1"),
        ("echo-2", "echo-10"),
        ("part-mag", "space-MNI"),
        ("acq-nogad", "mt-on"),
    ],
)
def test_of_a_session_the_raw_normalised_head_in_3d_comes_first(dataset, better, worse):
    taken = read(dataset(TWO, name_images("sub-01", worse, better))).scans[0].scan_id
    assert taken == f"sub-01_{better}".removesuffix("_")


def test_a_participant_with_mp2rage_alone_has_a_reason(dataset):
    root = dataset(TWO, ["sub-02/anat/sub-02_UNIT1.nii.gz", *name_images("sub-01", ""), "sub-01/anat/sub-01_UNIT1.nii"])
    why = "no T1w image but UNIT1, with noise around the head; save a denoised one as T1w to take it"
    assert reasons(read(root)) == {("sub-02", "sub-02"): why}


def test_groups_and_identifiers_that_almost_match_are_named_and_counted(dataset):
    root = dataset(
        "participant_id\tage\tsex\tdiagnosis\n01\t70\tf\tAD \n02\t71\tm\tad\n50772\t70\tf\tCN\n"
        "0007\t70\tf\tCN\n007\t70\tf\tCN\n5\t70\tf\tMCI\n",
        [path for name in ("sub-01", "sub-02", "sub-0050772", "sub-0007", "sub-007") for path in name_images(name, "")],
    )
    cohort = read(root)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-0007", "sub-007", "sub-01"]
    assert reasons(cohort) == {
        ("sub-02", "sub-02"): "diagnosis is 'ad', nearly AD: correct it or set cohort.labels",
        ("sub-50772", ""): "no T1w image; sub-0050772 has one: write the same identifier",
        ("sub-0050772", "sub-0050772"): "not in participants.tsv, which has sub-50772; write the same identifier",
        ("sub-5", ""): "diagnosis is MCI",
    }
    assert cohort.notes == [
        "1 participant: left out, or some of their images, because their diagnosis is nearly a group of the study: "
        "'ad' for AD (1).",
        "1 participant(s) of the table have no scan, but a scan has nearly the same identifier, such as one with other "
        "zeros or case.",
        "2 participants have identifiers that differ in zeros or case alone: check that they are different people.",
    ]


def test_a_lone_quotation_mark_is_text_and_swallows_no_row(dataset):
    table = TWO.replace("diagnosis", "diagnosis\tnote").replace("AD", 'AD\t"').replace("CN", 'CN\t"5 mm')
    table += '"03"\t70\tf\t"CN"\tx\n'
    scans = [path for name in ("sub-01", "sub-02", "sub-03") for path in name_images(name, "")]
    assert read(dataset(table, scans)).participants["group"].tolist() == ["AD", "CN", "CN"]


def test_codes_of_sex_need_a_sidecar_that_explains_them(dataset):
    root = dataset(
        TWO.replace("\tf\t", "\t2\t").replace("\tm\t", "\t1\t"), name_images("sub-01", "") + name_images("sub-02", "")
    )
    sidecar = root / "participants.json"
    covariates = SETTINGS["covariates"] | {"allow_unreadable": False}
    with pytest.raises(UserError, match=r"column sex has values that cannot be used: '2' \(sub-01\), '1' \(sub-02\);"):
        read(root, covariates=covariates)
    sidecar.write_text('{"sex": {"Levels": {"1": "male", "2": "Female participant"}}}')
    assert read(root, covariates=covariates).participants["sex"].tolist() == ["f", "m"]
    assert str(sidecar) in list_tables(str(root), SETTINGS)
    sidecar.write_text("{")
    with pytest.raises(UserError, match=r"participants\.json: not a readable JSON file"):
        read(root, covariates=covariates)


@pytest.mark.parametrize("name", ["participants.tsv", "participants.json", ".bidsignore"])
def test_a_table_that_is_a_link_to_nowhere_is_to_be_fetched(dataset, name):
    root = dataset(TWO, name_images("sub-01", ""))
    (root / name).unlink(missing_ok=True)
    (root / name).symlink_to(root / ".git/annex/objects/x")
    with pytest.raises(UserError, match=rf"{re.escape(name)}: the link leads nowhere; fetch it \(`datalad get`"):
        read(root)
