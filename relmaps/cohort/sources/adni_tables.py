"""The two tables that belong to an ADNI download: the CSV of the image search, and ADNIMERGE.csv."""

import csv
import re
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from relmaps.cohort.covariates import read_age
from relmaps.cohort.identifiers import bids_identifier
from relmaps.io.errors import UserError
from relmaps.io.text_tables import read_text_table

# What known revisions call a column; the search's present name first.
REVISIONS = (
    ("Image Data ID", "Image ID"),
    ("Subject", "Subject ID", "PTID"),
    ("Group", "Research Group", "DX Group", "DX"),
    ("Visit", "VISCODE"),
    ("Description", "Series Description"),
    ("Acq Date", "Study Date", "Acquisition Date"),
    ("Sex", "Gender", "PTGENDER"),
)
DATES = ("%m/%d/%Y", "%Y-%m-%d", "%Y/%m/%d", "%m/%d/%y")
SAME_GROUP = {"NORMAL": "CN", "NL": "CN", "DEMENTIA": "AD"}
DAYS_TO_EXAM = 180  # ASSUME: a diagnosis holds for half a year before and after the exam
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True)
class Image:
    """A row of the search's table; an empty cell is None, or "" in a text.

    age : years at the scan, as written. said_by : " by FILE" if another table than the search's gave the group.
    """

    image_id: str
    participant_id: str
    group: str | None
    visit: str
    modality: str
    description: str
    day: date | None
    age: str | float | None
    sex: str | None
    site: str | None
    said_by: str = ""

    @property
    def session_id(self) -> str | None:
        visit = re.sub(r"[^A-Za-z0-9]", "", self.visit)
        return f"ses-{visit}" if visit else None

    @property
    def scan_id(self) -> str:
        return "_".join(filter(None, [self.participant_id, self.session_id, f"acq-{self.image_id}"]))


@dataclass
class Person:
    """A participant of ADNIMERGE.csv.

    diagnoses : day of an exam -> group. age : on the day of the first exam, as written.
    """

    diagnoses: dict[date, str] = field(default_factory=dict)
    first_exam: date | None = None
    age: str | None = None
    sex: str | None = None
    site: str | None = None

    def diagnosis_at(self, day: date) -> str | None:
        """The diagnosis of the nearest exam (the earlier of two) within DAYS_TO_EXAM, or None."""
        distances = [(abs((exam - day).days), exam) for exam in self.diagnoses]
        distance, exam = min(distances, default=(DAYS_TO_EXAM + 1, day))
        return self.diagnoses[exam] if distance <= DAYS_TO_EXAM else None

    def age_at(self, day: date) -> str | float | None:
        """Years, to two places; what is no age is as written."""
        if self.age is None or self.first_exam is None:
            return None
        try:
            return round(read_age(self.age)[0] + (day - self.first_exam).days / DAYS_PER_YEAR, 2)
        except ValueError:
            return self.age


def plain(text: str) -> str:
    """Lower-case letters and digits only, so that "MPR; GradWarp" and MPR__GradWarp are the same."""
    return re.sub(r"[^a-z0-9]", "", text.lower())


def plain_description(text: str) -> str:
    """As `plain`; of "MT1; N3m <- MPRAGE" only what the image is, not what it was made from."""
    return plain(text.split("<-")[0])


def common_group(text: str) -> str:
    """CN for Normal and NL, AD for Dementia, as older tables write them; other groups as they are."""
    return SAME_GROUP.get(text.upper(), text)


def find_search_csv(root: Path) -> Path:
    """The only CSV in the folder with a column for the image id; UserError if there is none, or another one."""
    names = {plain(name) for name in REVISIONS[0]}
    found = [
        path
        for path in sorted(root.iterdir())
        if path.suffix.lower() == ".csv" and not path.name.startswith(".") and names & set(map(plain, _header(path)))
    ]
    if len(found) == 1:
        return found[0]
    what = f"several CSVs of an image search ({', '.join(path.name for path in found)})" if found else "no CSV"
    raise UserError(
        f"input {root}: {what} with a column {REVISIONS[0][0]}; set cohort.adni.search_csv to the search's CSV"
    )


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return next(csv.reader([file.readline()]), [])


def read_search(path: str | Path, labels: dict, covariates: dict) -> dict[str, Image]:
    """image id (I118671) -> its row. Groups of the study are written as in `labels`, whatever the revision calls them.

    A column is matched without case, spaces and punctuation, under any name of REVISIONS. A null site is the first
    three digits of the subject, ADNI's number of the site. Rows that agree in what is used here count once.
    Raises UserError that names the file and the column or image.
    """
    path = Path(path)
    table = _read_csv(path, "cohort.adni.search_csv")
    wanted = {"image_id": "Image Data ID", "subject": "Subject", "group": labels["column"], "visit": "Visit"}
    wanted |= {"modality": "Modality", "description": "Description", "day": "Acq Date"}
    wanted |= {name: covariates[name] for name in ("age", "sex", "site") if covariates[name]}
    columns = {name: _column(table, column, path) for name, column in wanted.items()}
    table = pd.DataFrame({name: table[column] for name, column in columns.items()})
    image_ids = table["image_id"].str.upper()
    table["image_id"] = image_ids.where(~image_ids.str.fullmatch(r"\d+"), "I" + image_ids)
    table = table.drop_duplicates()
    _check_images(table, columns, path)
    table["day"] = _days(table["day"], columns["day"], path)
    for name in ("age", "sex", "site"):
        if name not in table:
            table[name] = ""
    if not covariates["site"]:
        table["site"] = table["subject"].str.extract(r"^(\d{3})_", expand=False).fillna("")
    identifiers = {subject: bids_identifier(subject.upper()) for subject in set(table["subject"])}
    as_labelled = {common_group(labels[name]): labels[name] for name in ("disease", "control")}
    images = {}
    for row in table.to_dict("records"):
        participant_id, group = identifiers[row.pop("subject")], common_group(row["group"])
        row |= {name: row[name] or None for name in ("age", "sex", "site")}
        row |= {"participant_id": participant_id, "group": as_labelled.get(group, group) or None}
        images[row["image_id"]] = Image(**row)
    return images


def _check_images(table: pd.DataFrame, columns: dict, path: Path) -> None:
    """UserError for an image id that is none or stands in rows that differ, and for an image of nobody."""
    odd = table.loc[~table["image_id"].str.fullmatch(r"[A-Z]\d+"), "image_id"]
    if len(odd):
        raise UserError(f"{path}: {columns['image_id']} {odd.iloc[0]!r} is not one such as I118671; correct that row")
    twice = table.loc[table["image_id"].duplicated(), "image_id"]
    if len(twice):
        rows = table[table["image_id"] == twice.iloc[0]]
        differing = ", ".join(column for name, column in columns.items() if rows[name].nunique() > 1)
        raise UserError(f"{path}: image {twice.iloc[0]} has rows that differ in {differing}; keep the right one")
    nobody = table.loc[~table["subject"].str.contains(r"[A-Za-z0-9]"), "image_id"]
    if len(nobody):
        raise UserError(f"{path}: image {nobody.iloc[0]} has no {columns['subject']}; fill it in or remove the row")


def read_adnimerge(path: str | Path) -> dict[str, Person]:
    """participant_id -> what ADNIMERGE knows; UserError that names the file and column.

    Diagnoses are AD, MCI and CN; of "MCI to Dementia" the latter counts. A table without DX has the diagnosis of the
    baseline visit (bl) in DX_bl. Age is that at baseline.
    """
    path = Path(path)
    table = _read_csv(path, "cohort.adni.adnimerge").replace({"NA": "", "NaN": ""})
    subjects, visits, exams = (table[_column(table, name, path)] for name in ("PTID", "VISCODE", "EXAMDATE"))
    columns = {name: _find_column(table, name, path) for name in ("DX_bl", "DX", "AGE", "PTGENDER", "SITE")}
    baseline = visits.str.lower() == "bl"
    if columns["DX_bl"] and not columns["DX"]:
        diagnoses = table[columns["DX_bl"]].where(baseline, "")
    else:
        diagnoses = table[_column(table, "DX", path)]
    empty = pd.Series("", index=table.index)
    ages, sexes, sites = (table.get(columns[name], empty) for name in ("AGE", "PTGENDER", "SITE"))
    people: dict[str, Person] = {}
    rows = zip(subjects, baseline, _days(exams, "EXAMDATE", path), diagnoses, ages, sexes, sites, strict=True)
    for subject, first, day, diagnosis, age, sex, site in rows:
        person = people.setdefault(bids_identifier(subject.upper()), Person())
        if day and diagnosis:
            person.diagnoses[day] = common_group(re.split(r"\s+to\s+", diagnosis, flags=re.IGNORECASE)[-1])
        if first:
            person.first_exam, person.age = day, age or None
        person.sex = person.sex or sex or None
        person.site = person.site or (site.zfill(3) if site else None)
    return people


def with_person(image: Image, person: Person, file: str, labels: dict, site: bool) -> Image:
    """The image with the group, age and sex that ADNIMERGE has for its day, and its site if `site`.

    The group is replaced where both tables have one. file : ADNIMERGE's name, to say so.
    """
    known: dict[str, Any] = {"sex": person.sex, "site": person.site if site else None}
    if image.day:
        known["age"] = person.age_at(image.day)
        diagnosis = person.diagnosis_at(image.day) if image.group else None
        as_labelled = {common_group(labels[name]): labels[name] for name in ("disease", "control")}
        group = as_labelled.get(diagnosis, diagnosis) if diagnosis else None
        if group and group != image.group:
            known |= {"group": group, "said_by": f" by {file}"}
    return replace(image, **{name: value for name, value in known.items() if value is not None})


def _read_csv(path: Path, key: str) -> pd.DataFrame:
    """All cells as text without spaces around them, "" where there is none."""
    return read_text_table(path, delimiters=",", if_no_file=f"check {key}").fillna("").reset_index(drop=True)


def _column(table: pd.DataFrame, wanted: str, path: Path) -> str:
    """The table's name of a column that is wanted under any of its names of REVISIONS."""
    others = next((names for names in REVISIONS if plain(wanted) in map(plain, names)), ())
    for name in (wanted, *others):
        found = _find_column(table, name, path)
        if found is not None:
            return found
    raise UserError(f"{path}: column {wanted} is missing; it has {', '.join(table.columns)}")


def _find_column(table: pd.DataFrame, name: str, path: Path) -> str | None:
    """The table's name of a column, without regard to case and punctuation; UserError if it stands twice."""
    found = [column for column in table.columns if plain(column) == plain(name)]
    if len(found) > 1:
        raise UserError(f"{path}: column {name} stands twice ({', '.join(found)}); rename one of them")
    return found[0] if found else None


def _days(texts: pd.Series, column: str, path: Path) -> list[date | None]:
    """Days in any format of DATES, None for an empty cell; a time of day is ignored."""
    texts = texts.str.split(r"[ T]", regex=True).str[0]
    days = pd.Series(pd.NaT, index=texts.index, dtype="datetime64[ns]")
    for pattern in DATES:
        days = days.fillna(pd.to_datetime(texts, format=pattern, errors="coerce"))
    wrong = texts[days.isna() & (texts != "")]
    if len(wrong):
        raise UserError(f"{path}: {column} {wrong.iloc[0]!r} is not a date such as 4/18/2006 or 2006-04-18; correct it")
    return [day.date() if pd.notna(day) else None for day in days]
