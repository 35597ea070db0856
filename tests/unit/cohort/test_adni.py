import os
import subprocess
import sys
from dataclasses import replace

import jsonschema
import nibabel as nib
import numpy as np
import pytest

from relmaps import ROOT
from relmaps.cohort.sources import read_cohort
from relmaps.cohort.sources.adni import read_adni
from relmaps.io.errors import UserError
from relmaps.io.images import save
from relmaps.io.tables import write_table
from relmaps.study.config import read_config, read_schema
from tests.adni_tree import COLUMNS, REPEAT, SCALED, AdniImage, write_adni_tree, write_images

pytestmark = pytest.mark.fault

OTHER_REVISION = COLUMNS | {
    "image_id": "image_id",
    "ptid": "Subject ID",
    "group": "Research Group",
    "day": "STUDY DATE",
    "description": "Series Description",
    "visit": "viscode",
}


@pytest.fixture
def settings():
    adni = {"search_csv": None, "adnimerge": None, "visits": None, "descriptions": [SCALED, REPEAT, "MP-RAGE"]}
    return {
        "labels": {"column": "Group", "disease": "AD", "control": "CN"},
        "covariates": {"age": "Age", "sex": "Sex", "site": None},
        "adni": adni,
        "synthetic_atrophy": None,
    }


def person(number, **known):
    """The scan of a subject; I<number> of 002_S_<number>."""
    return AdniImage(ptid=f"002_S_{number:04d}", image_id=f"I{number}", **known)


def list_scans(cohort):
    return [scan.scan_id for scan in cohort.scans]


def get_reasons(cohort):
    """image id -> why it was left out."""
    rows = cohort.exclusions
    return dict(zip(rows["scan_id"].str.split("_acq-").str[-1], rows["reason"], strict=True))


def test_a_download_is_taken_apart_and_every_image_is_accounted_for(tmp_path, settings):
    files = [tmp_path / f"raw-{number}.nii.gz" for number in range(4)]
    for number, file in enumerate(files):
        save(nib.Nifti1Image(np.full((2, 2, 2), number, np.int16), np.eye(4)), file)
    groups = ["AD", "CN", "CN", "AD"]
    scans = [(files[n], f"{n:03d}_S_{n:04d}", group, 70 + n, "M") for n, group in enumerate(groups)]
    tree = write_adni_tree(tmp_path / "download", scans)
    cohort = read_cohort("adni", str(tree.root), settings)
    assert list_scans(cohort) == tree.taken
    assert [nib.load(scan.path).get_fdata().max() for scan in cohort.scans] == [0, 1, 2, 3]
    assert cohort.scans[1].session_id == "ses-ADNIScreening"
    assert len(cohort.scans) + len(cohort.exclusions) == tree.n_images
    assert not cohort.exclusions["scan_id"].duplicated().any()
    people = cohort.participants
    assert people["participant_id"].tolist() == ["sub-000S0000", "sub-001S0001", "sub-002S0002", "sub-003S0003"]
    assert people["label"].tolist() == [1, 0, 0, 1]
    assert people["age"].tolist() == [70, 71, 72, 73]
    assert people["sex"].tolist() == ["m"] * 4
    assert people["site"].tolist() == ["000", "001", "002", "003"]
    assert {image: why for image, why in get_reasons(cohort).items() if len(image) > 4 or image in ("I8", "I11")} == {
        "I8": "one scan per participant: sub-001S0001_ses-ADNIScreening_acq-I10 is taken",
        "I11": "another visit: sub-001S0001_ses-ADNIScreening_acq-I10 is taken",
        "I900001": "Group is MCI",
        "I900002": "modality is PET",
        "I900003": "description 3-plane localizer is not in cohort.adni.descriptions",
        "I900004": "in the search table but not in the folder; download it again",
        "I900005": "in the folder but not in the search table",
    }
    write_table(people, tmp_path / "participants.tsv", "participants")
    write_table(cohort.exclusions, tmp_path / "exclusions.tsv", "exclusions")


@pytest.mark.parametrize(
    ("images", "taken"),
    [
        ([{"day": "10/1/2006"}, {"day": "9/2/2006", "description": "MP-RAGE"}], 2),  # the day goes before all else
        ([{"description": "MP-RAGE"}, {"description": REPEAT}, {"description": SCALED}], 3),
        ([{"description": "Mp_rage"}, {"description": "MT1; N3m"}], 1),
        ([{"description": "MP-RAGE"}, {"description": "MPR; GradWarp; B1 Correction; N3; Scaled <- MP-RAGE"}], 2),
        ([{"day": "5/2/2006"}, {"day": "5/2/2006"}, {"day": "2006-05-03"}], 1),  # ties go to the smallest number
        ([{"on_disk": False}, {"day": "10/1/2006"}], 2),
        ([{"description": "Localizer"}, {"day": "10/1/2006"}], 2),
        ([{"group": "MCI"}, {"day": "10/1/2006", "group": "AD"}, {"day": "10/1/2007", "group": "AD"}], 2),
        ([{"day": ""}, {"day": "10/1/2006"}], 2),
    ],
)
def test_one_scan_per_participant_by_day_then_description_then_image_id(tmp_path, settings, images, taken):
    rows = [AdniImage("002_S_0001", f"I{number}", **known) for number, known in enumerate(images, start=9)]
    write_images(tmp_path, rows)
    cohort = read_adni(tmp_path, settings)
    expected = rows[taken - 1].image_id
    assert [scan.scan_id.split("_acq-")[1] for scan in cohort.scans] == [expected]
    assert set(get_reasons(cohort)) == {row.image_id for row in rows} - {expected}


def test_wanted_visits_are_compared_without_case_and_spaces(tmp_path, settings):
    write_images(tmp_path, [person(1, visit="sc"), replace(person(1, visit="M 12", day="4/18/2007"), image_id="I2")])
    settings["adni"]["visits"] = ["m12"]
    cohort = read_adni(tmp_path, settings)
    assert list_scans(cohort) == ["sub-002S0001_ses-M12_acq-I2"]
    assert get_reasons(cohort) == {"I1": "visit sc is not in cohort.adni.visits"}


def test_groups_of_older_tables_count_under_the_study_s_names(tmp_path, settings):
    groups = ["Normal", "NL", "CN", "Dementia", "AD", "EMCI", ""]
    write_images(tmp_path, [person(number, group=group) for number, group in enumerate(groups)])
    cohort = read_adni(tmp_path, settings)
    assert cohort.participants["group"].tolist() == ["CN", "CN", "CN", "AD", "AD"]
    assert get_reasons(cohort) == {"I5": "Group is EMCI", "I6": "no value in column Group"}
    settings["labels"] = {"column": "Group", "disease": "Dementia", "control": "EMCI"}
    assert read_adni(tmp_path, settings).participants["group"].tolist() == ["Dementia", "Dementia", "EMCI"]


def test_another_revision_of_the_search_reads_the_same(tmp_path, settings):
    images = [person(1), person(2, group="CN", day="12/1/2007"), person(3, group="MCI")]
    write_images(tmp_path / "now", images)
    bare = [replace(image, image_id=image.image_id[1:], on_disk=False) for image in images]
    write_images(tmp_path / "then", images)
    write_images(tmp_path / "then", bare, columns=OTHER_REVISION)
    now, then = read_adni(tmp_path / "now", settings), read_adni(tmp_path / "then", settings)
    assert list_scans(now) == ["sub-002S0001_ses-ADNIScreening_acq-I1", "sub-002S0002_ses-ADNIScreening_acq-I2"]
    assert then.scans == [replace(scan, path=scan.path.replace("/now/", "/then/")) for scan in now.scans]
    assert then.participants.equals(now.participants)
    assert then.exclusions.equals(now.exclusions)


def test_the_folder_may_be_the_one_inside_the_download(tmp_path, settings):
    search_csv = write_images(tmp_path, [person(1)])
    settings["adni"]["search_csv"] = str(search_csv)
    assert read_adni(tmp_path / "ADNI", settings).scans == read_adni(tmp_path, settings).scans


@pytest.mark.parametrize("again", ["ADNI 2", "ADNI1", "collection/ADNI", "."])
def test_every_download_folder_counts(tmp_path, settings, again):
    images = [person(number, group=group) for number, group in enumerate(["AD", "CN", "AD", "CN"], start=1)]
    write_images(tmp_path, images[2:], top=again)
    write_images(tmp_path, [*images[:2], *(replace(image, on_disk=False) for image in images[2:])])
    cohort = read_adni(tmp_path, settings)
    tops = ["ADNI", "ADNI", again, again]
    assert [scan.path for scan in cohort.scans] == [
        str(tmp_path / top / image.path) for top, image in zip(tops, images, strict=True)
    ]
    assert cohort.exclusions.empty


def test_an_image_of_two_downloads_is_taken_once_if_it_is_the_same(tmp_path, settings, caplog):
    images = [person(n, group="AD" if n % 2 else "CN") for n in range(1, 6)]
    images += [person(n, suffix=".dcm") for n in (6, 7)]
    first, second = (
        {n: tmp_path / top / image.path for n, image in enumerate(images, 1)} for top in ("ADNI", "ADNI 2")
    )
    for top in ("ADNI 2", "ADNI"):
        write_images(tmp_path, images, top=top)
    second[2].write_bytes(b"longer")
    first[3].unlink()
    first[3].symlink_to(tmp_path / "not-fetched")
    second[4].unlink()
    other = tmp_path / "ADNI 2" / replace(images[4], ptid="002_S_0009").path
    other.parent.mkdir(parents=True)
    second[5].rename(other)
    second[7].with_name("another_slice.dcm").symlink_to("not-fetched")
    cohort = read_adni(tmp_path, settings)
    assert [scan.path for scan in cohort.scans] == [
        str(path) for path in (first[1], second[3], first[4], first[6].parent)
    ]
    assert get_reasons(cohort) == {
        "I2": f"{first[2]} and {second[2]}: one image, but of different size; keep the whole one",
        "I5": f"{first[5]} and {other}: one image in folders of two participants; keep the right one",
        "I7": f"{first[7].parent} and {second[7].parent}: one image, but of different size; keep the whole one",
    }
    assert caplog.messages == [
        f"{kept}: lies in {left} as well, with the same size; the former is taken"
        for kept, left in ((first[1], second[1]), (first[6].parent, second[6].parent))
    ]


def test_a_neighbour_of_the_download_that_cannot_be_listed_does_no_harm(tmp_path, settings, monkeypatch):
    write_images(tmp_path, [person(1)])
    (tmp_path / "lost+found").mkdir()
    scandir = os.scandir

    def listing(path):
        if os.fspath(path).endswith(closed):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", listing)
    closed = "lost+found"
    assert len(read_adni(tmp_path, settings).scans) == 1
    closed = "ADNI"
    with pytest.raises(UserError, match="ADNI: this folder cannot be listed; give yourself the right to read it"):
        read_adni(tmp_path, settings)


def test_older_downloads_have_the_image_id_in_the_name_of_the_file(tmp_path, settings):
    images = [person(1, series="S13408"), person(2, series="S13409", suffix=".nii.gz")]
    write_images(tmp_path, images)
    (tmp_path / "ADNI" / images[0].path).with_name("notes.nii").touch()
    cohort = read_adni(tmp_path, settings)
    assert [scan.path for scan in cohort.scans] == [str(tmp_path / "ADNI" / image.path) for image in images]
    assert cohort.exclusions["participant_id"].tolist() == ["sub-002S0001"]
    assert "no image id in the name of the folder or the file" in cohort.exclusions["reason"][0]


def test_a_folder_of_dicom_files_is_one_scan(tmp_path, settings):
    images = [person(1, suffix=".dcm"), person(2, suffix=".dcm", series="S1")]
    write_images(tmp_path, images)
    folders = [(tmp_path / "ADNI" / image.path).parent for image in images]
    (folders[0] / "another_slice.dcm").touch()
    (folders[1] / "ADNI_another_slice_I2.dcm").touch()
    cohort = read_adni(tmp_path, settings)
    assert [scan.path for scan in cohort.scans] == [str(folder) for folder in folders]
    assert cohort.exclusions.empty
    (folders[0] / "converted.nii").touch()
    assert read_adni(tmp_path, settings).scans[0].path == str(folders[0] / "converted.nii")


def test_images_that_cannot_be_told_apart_or_opened_are_left_out(tmp_path, settings):
    images = [person(n) for n in range(1, 4)] + [person(n, series="S1", suffix=".dcm") for n in (4, 5)]
    images[4].ptid = images[3].ptid
    write_images(tmp_path, [*images, person(6)])
    paths = {image.image_id: tmp_path / "ADNI" / image.path for image in images}
    paths["I1"].with_name("again.nii").touch()
    paths["I2"].unlink()
    paths["I2"].symlink_to(tmp_path / "not-fetched")
    elsewhere = tmp_path / "ADNI" / replace(images[2], ptid="002_S_0009").path
    elsewhere.parent.mkdir(parents=True)
    paths["I3"].rename(elsewhere)
    cohort = read_adni(tmp_path, settings)
    assert list_scans(cohort) == ["sub-002S0006_ses-ADNIScreening_acq-I6"]
    reasons = get_reasons(cohort)
    for image_id, words in {
        "I1": "several files of one image, such as",
        "I2": "the link leads nowhere",
        "I3": "in the folder of sub-002S0009",
        "I4": "DICOM files of several images",
        "I5": "DICOM files of several images",
    }.items():
        assert words in reasons.pop(image_id)
    assert reasons == {}


def test_adnimerge_gives_the_diagnosis_near_the_scan_and_the_age_on_its_day(tmp_path, settings):
    images = [
        person(1, group="CN", day="10/1/2006"),
        person(2, group="CN", day="10/1/2008"),  # more than half a year after the last exam
        person(3, group="AD"),
        person(4, group="CN"),  # not in the table
        person(5, group="EMCI"),
        person(6, group=""),
    ]
    write_images(tmp_path, images)
    table = tmp_path / "ADNIMERGE.csv"
    table.write_text(
        "RID,PTID,VISCODE,EXAMDATE,SITE,DX,AGE,PTGENDER,IMAGEUID\n"
        "1,002_S_0001,bl,2006-01-01,,CN,70.5,Male,\n"
        "1,002_S_0001,m06,2006-07-01,11,CN,70.5,Male,\n"
        "1,002_S_0001,m12,2006-11-01,11,MCI to Dementia,70.5,Male,\n"
        "1,002_S_0001,m13,2006-10-02,11,NA,70.5,Male,\n"
        "2,002_S_0002,bl,2006-04-18,11,MCI,60,Female,\n"
        "3,002_S_0003,m06,2006-10-18,11,CN,60,Female,\n"
        "3,002_S_0003,bl,2006-04-18,11,CN to MCI,60,Female,\n"
        "5,002_S_0005,bl,04/20/2006,11,NL,60,Female,\n"
        "6,002_S_0006,bl,2006-04-18,11,CN,60,Female,\n"
    )
    settings["adni"]["adnimerge"] = str(table)
    cohort = read_adni(tmp_path, settings)
    people = cohort.participants.set_index("participant_id")
    assert people["group"].tolist() == ["AD", "CN", "CN", "CN"]
    assert people["age"].tolist() == [71.25, 62.46, 74, 59.99]  # 273, 897 and -2 days from the first exam
    assert people["sex"].tolist() == ["m", "f", "f", "f"]
    assert people["site"].tolist() == ["011", "011", "002", "011"]
    assert get_reasons(cohort) == {"I3": "Group is MCI by ADNIMERGE.csv", "I6": "no value in column Group"}
    settings["covariates"]["site"] = "Visit"
    assert set(read_adni(tmp_path, settings).participants["site"]) == {"ADNI Screening"}


def test_a_table_without_dx_has_the_diagnosis_of_the_first_visit_alone(tmp_path, settings):
    write_images(tmp_path, [person(1, group="CN"), person(2, group="CN", day="4/18/2007"), person(3)])
    (tmp_path / "merge.csv").write_text(
        "PTID,VISCODE,EXAMDATE,DX_bl\n002_S_0001,bl,2006-04-18,LMCI\n002_S_0002,m12,2007-04-18,LMCI\n"
    )
    settings["adni"]["adnimerge"] = str(tmp_path / "merge.csv")
    cohort = read_adni(tmp_path, settings)
    assert cohort.participants["group"].tolist() == ["CN", "AD"]
    assert get_reasons(cohort) == {"I1": "Group is LMCI by merge.csv"}
    assert cohort.participants["age"].tolist() == [74, 74]


def test_rows_that_say_the_same_count_once(tmp_path, settings):
    write_images(tmp_path, [person(1), person(1, downloaded="7/1/2020")])
    cohort = read_adni(tmp_path, settings)
    assert len(cohort.scans) == 1
    assert cohort.exclusions.empty


@pytest.mark.parametrize(
    ("images", "words"),
    [
        ([person(1), person(1, group="CN")], "image I1 has rows that differ in Group"),
        ([person(1, day="18/4/2006")], "Acq Date '18/4/2006' is not a date such as 4/18/2006"),
        ([AdniImage("002_S_0001", "scan 1")], "Image Data ID 'SCAN 1' is not one such as I118671"),
        ([person(1), AdniImage("", "I2", on_disk=False)], "image I2 has no Subject"),
    ],
)
def test_errors_name_the_search_table_and_the_image(tmp_path, settings, images, words):
    search_csv = write_images(tmp_path, images)
    with pytest.raises(UserError) as error:
        read_adni(tmp_path, settings)
    assert words in str(error.value)
    assert str(search_csv) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "missing", ["image_id", "ptid", "group", "age", "sex", "visit", "modality", "description", "day"]
)
def test_a_missing_column_is_named_with_its_file(tmp_path, settings, missing):
    columns = {name: column for name, column in COLUMNS.items() if name != missing}
    settings["adni"]["search_csv"] = write_images(tmp_path, [person(1)], columns=columns)
    with pytest.raises(UserError, match=rf"search.csv: column {COLUMNS[missing]} is missing; it has "):
        read_adni(tmp_path, settings)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty; write a header and rows"),
        ("Image Data ID,Subject\nI1,002_S_0001,AD\n", "line 2 has 3 cells, but the header 2; write n/a"),
        ("Image Data ID\nI1\nI2,x\n", "line 3 has 2 cells, but the header 1; write n/a"),
        ('Image Data ID,Subject,Note\nI1,002_S_0001,"\nI2,002_S_0002,"\n', "lines 2 to 3 are one row because of a"),
        (
            "Image Data ID,Image data id,Subject\n1,1,a\n",
            r"column Image Data ID stands twice \(Image Data ID, ",
        ),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path, settings, text, words):
    write_images(tmp_path, [person(1)]).write_text(text)
    settings["adni"]["search_csv"] = tmp_path / "search.csv"
    with pytest.raises(UserError, match=f"search.csv: {words}") as error:
        read_adni(tmp_path, settings)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("missing", ["PTID", "VISCODE", "EXAMDATE", "DX"])
def test_a_missing_column_of_adnimerge_is_named_with_its_file(tmp_path, settings, missing):
    write_images(tmp_path, [person(1)])
    columns = [name for name in ("PTID", "VISCODE", "EXAMDATE", "DX") if name != missing]
    (tmp_path / "merge.csv").write_text(",".join(columns) + "\n")
    settings["adni"]["adnimerge"] = str(tmp_path / "merge.csv")
    with pytest.raises(UserError, match=rf"merge.csv: column {missing} is missing; it has "):
        read_adni(tmp_path, settings)


def test_files_that_are_not_there_are_named(tmp_path, settings):
    with pytest.raises(UserError, match="nowhere: no such folder"):
        read_adni(tmp_path / "nowhere", settings)
    with pytest.raises(UserError, match="no folder of a subject such as 002_S_0295"):
        read_adni(tmp_path, settings)
    search_csv = write_images(tmp_path, [person(1)])
    settings["adni"]["adnimerge"] = str(tmp_path / "merge.csv")
    with pytest.raises(UserError, match=r"merge.csv: no such table; check cohort.adni.adnimerge"):
        read_adni(tmp_path, settings)
    settings["adni"]["search_csv"] = str(tmp_path / "other.csv")
    with pytest.raises(UserError, match=r"other.csv: no such table; check cohort.adni.search_csv"):
        read_adni(tmp_path, settings)
    settings["adni"]["search_csv"] = None
    (tmp_path / "ADNIMERGE.csv").write_text("PTID,IMAGEUID\n")
    (tmp_path / "again.csv").write_bytes(search_csv.read_bytes())
    with pytest.raises(UserError, match=r"several CSVs of an image search \(again.csv, search.csv\).*adni.search_csv"):
        read_adni(tmp_path, settings)
    search_csv.unlink()
    (tmp_path / "again.csv").unlink()
    with pytest.raises(UserError, match=r"no CSV with a column Image Data ID; set cohort.adni.search_csv"):
        read_adni(tmp_path, settings)


def test_a_study_without_any_scan_says_what_stood_in_the_way(tmp_path, settings):
    write_images(
        tmp_path, [person(1, group="MCI"), person(2, description="MT1; N3m"), person(3, description="MT1; N3m")]
    )
    words = "none of 3 images can be taken, 2 of them because: description MT1; N3m is not in cohort.adni.descriptions"
    with pytest.raises(UserError, match=words):
        read_adni(tmp_path, settings)


def test_of_ten_thousand_images_none_is_opened_and_each_folder_is_listed_once(tmp_path, settings, monkeypatch):
    images = [
        AdniImage(f"002_S_{n // 4:04d}", f"I{n}", group="AD" if n % 8 < 4 else "CN", day=f"{n % 4 + 1}/1/2006")
        for n in range(10_000)
    ]
    write_images(tmp_path, images)
    (tmp_path / "ADNI" / images[0].path).write_bytes(b"not an image")
    listed, opened, scandir, builtin_open = [], [], os.scandir, open

    def listing(path):
        listed.append(os.fspath(path))
        return scandir(path)

    def opening(path, *rest, **options):
        opened.append(str(path))
        return builtin_open(path, *rest, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", listing)
        patch.setattr("builtins.open", opening)
        patch.setattr("io.open", opening)
        cohort = read_adni(tmp_path, settings)
    assert len(cohort.scans) == 2500
    assert len(cohort.scans) + len(cohort.exclusions) == 10_000
    assert not [path for path in opened if "_S_" in path]
    below = [path for path in listed if "_S_" in path]
    assert len(below) == len(set(below)) == 2500 * (1 + 1 + 4 + 4)  # subjects, descriptions, dates and images


def test_planning_imports_nothing_heavy():
    code = "import sys, relmaps.cohort.sources.adni as _; "
    code += "print(sorted({'nibabel', 'scipy', 'nilearn', 'torch'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


def test_the_shipped_study_fits_the_schema():
    cohort = read_config(ROOT / "config/adni.yaml")["cohort"]
    schema = read_schema()
    jsonschema.validate(cohort, schema["properties"]["cohort"] | {"$defs": schema["$defs"]})
    assert cohort["source"] == "adni"


def test_groups_that_nearly_are_those_of_the_study_are_named_and_counted(tmp_path, settings):
    write_images(tmp_path, [person(1), person(2, group="CN"), person(3, group="ad"), person(4, group="A D")])
    cohort = read_adni(tmp_path, settings)
    assert get_reasons(cohort) == {
        "I3": "Group is 'ad', nearly AD: correct it or set cohort.labels",
        "I4": "Group is 'A D', nearly AD: correct it or set cohort.labels",
    }
    assert cohort.notes == [
        "2 participants: left out, or some of their images, because their Group is nearly a group of the study: "
        "'ad' for AD (1), 'A D' for AD (1)."
    ]


def test_an_age_of_adnimerge_that_is_none_stops_the_study(tmp_path, settings):
    write_images(tmp_path, [person(1), person(2, group="CN")])
    rows = ["PTID,VISCODE,EXAMDATE,DX,AGE", "002_S_0001,bl,2006-04-18,Dementia,89+", "002_S_0002,bl,2006-04-18,CN,old"]
    (tmp_path / "merge.csv").write_text("\n".join(rows))
    settings["adni"]["adnimerge"] = str(tmp_path / "merge.csv")
    with pytest.raises(UserError, match=r"column Age has values that cannot be used: 'old' \(sub-002S0002\)"):
        read_adni(tmp_path, settings | {"covariates": settings["covariates"] | {"allow_unreadable": False}})
    cohort = read_adni(tmp_path, settings | {"covariates": settings["covariates"] | {"allow_unreadable": True}})
    assert cohort.participants["age"].isna().tolist() == [False, True]
