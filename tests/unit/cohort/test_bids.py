import pytest

from relmaps.cohort.bids import read_dataset
from relmaps.errors import UserError

LABELS = {"column": "diagnosis", "disease": "AD", "control": "CN"}
COVARIATES = {"age": "age", "sex": "sex"}


@pytest.fixture
def dataset(tmp_path):
    """Folder with empty files; reading names must not open them."""

    def make(table, scans):
        (tmp_path / "participants.tsv").write_text(table)
        for scan in scans:
            path = tmp_path / scan
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path

    return make


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
            "sub-03/anat/sub-03_T1w.nii.gz",
            "sub-04/anat/sub-04_T1w.nii.gz",
            "sub-06/anat/sub-06_T1w.nii.gz",
        ],
    )
    cohort = read_dataset(root, LABELS, COVARIATES)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01_ses-1_run-1", "sub-02"]
    assert cohort.scans[0].session_id == "ses-1"
    people = cohort.participants.set_index("participant_id")
    assert people["label"].to_dict() == {"sub-01": 1, "sub-02": 0}
    assert people.loc["sub-02", ["age", "sex"]].tolist() == [71.5, "m"]
    reasons = cohort.exclusions.fillna("").set_index(["participant_id", "scan_id"])["reason"].to_dict()
    assert reasons == {
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
        ("participant_id\tage\tsex\tdiagnosis\nsub-../../etc\t70\tf\tAD\n", "is not sub- with letters and digits"),
        ("participant_id\tage\tsex\tdiagnosis\nsub-01\t70\tf\tMCI\n", "no T1w scan of a participant whose diagnosis"),
        ("", "not a readable tab-separated UTF-8 table"),
    ],
)
def test_errors_name_the_file_and_the_remedy(dataset, table, words):
    root = dataset(table, ["sub-01/anat/sub-01_T1w.nii.gz"])
    with pytest.raises(UserError, match=words) as error:
        read_dataset(root, LABELS, COVARIATES)
    assert str(root) in str(error.value)
    assert "\n" not in str(error.value)


def test_groups_stay_as_written(dataset):
    scans = [f"sub-0{n}/anat/sub-0{n}_T1w.nii.gz" for n in (1, 2, 3)]
    root = dataset("participant_id\tage\tsex\tdiagnosis\n01\t70\tf\t1\n02\t71\tm\tNone\n03\t71\tm\tn/a\n", scans)
    cohort = read_dataset(root, {"column": "diagnosis", "disease": "1", "control": "None"}, COVARIATES)
    assert cohort.participants["group"].tolist() == ["1", "None"]
    assert cohort.exclusions["reason"].tolist() == ["no value in column diagnosis"]


def test_a_link_that_leads_nowhere_is_left_out_with_its_reason(dataset):
    root = dataset(
        "participant_id\tage\tsex\tdiagnosis\n01\t70\tf\tAD\n02\t71\tm\tCN\n", ["sub-01/anat/sub-01_T1w.nii.gz"]
    )
    (root / "sub-02/anat").mkdir(parents=True)
    (root / "sub-02/anat/sub-02_T1w.nii.gz").symlink_to(root / "not-fetched")
    cohort = read_dataset(root, LABELS, COVARIATES)
    assert [scan.scan_id for scan in cohort.scans] == ["sub-01"]
    assert "the link leads nowhere" in cohort.exclusions["reason"][0]


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        read_dataset(tmp_path / "nowhere", LABELS, COVARIATES)


def test_a_file_name_that_is_not_bids_is_named(dataset):
    root = dataset("participant_id\tage\tsex\tdiagnosis\nsub-01\t70\tf\tAD\n", ["sub-01/anat/sub-01 (copy)_T1w.nii.gz"])
    with pytest.raises(UserError, match=r"copy.*not a BIDS name of sub-01"):
        read_dataset(root, LABELS, COVARIATES)


def test_covariates_may_be_absent(dataset):
    root = dataset("participant_id\tdiagnosis\nsub-01\tAD\n", ["sub-01/anat/sub-01_T1w.nii.gz"])
    people = read_dataset(root, LABELS, {"age": None, "sex": None}).participants
    assert people[["age", "sex"]].isna().all().all()
