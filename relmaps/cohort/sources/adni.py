"""Which scans of an ADNI download a study takes, and why it leaves the others."""

import logging
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from relmaps.cohort.cohort import (
    Cohort,
    Scan,
    assemble,
    exclusion,
    explain_group,
    find_near_group,
    make_people,
    note_near_groups,
)
from relmaps.cohort.identifiers import bids_identifier
from relmaps.cohort.sources.adni_tables import (
    Image,
    find_search_csv,
    plain,
    plain_description,
    read_adnimerge,
    read_search,
    with_person,
)
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing

log = logging.getLogger("relmaps")

SUBJECT = re.compile(r"\d{3}_S_\d+", re.IGNORECASE)
DOWNLOAD_LEVELS = 2  # <name of the download>/ADNI
LEVELS = 3  # <description>/<date>/<image id> below a subject's folder
ENDINGS = (".nii", ".nii.gz", ".dcm")


@dataclass
class Found:
    """What a download folder holds of an image. paths : NIfTI files, or folders of DICOM files without one.

    shared : whether such a folder also holds files of another image. others : what further download folders hold.
    """

    participant_id: str
    paths: list[str]
    shared: bool = False
    others: list["Found"] = field(default_factory=list)

    def trouble(self) -> str | None:
        """Why the image cannot be used, in words."""
        if len(self.paths) > 1:
            return f"several files of one image, such as {self.paths[0]} and {self.paths[1]}; keep one"
        if self.shared:
            return f"{self.paths[0]}: a folder with DICOM files of several images; download the image again"
        if not os.path.exists(self.paths[0]):
            return f"{self.paths[0]}: {explain_missing(self.paths[0])}"
        return None

    def unlike(self) -> str | None:
        """Why copies in two download folders cannot stand for each other, in words. Names and sizes are compared."""
        for other in self.others:
            both = f"{self.paths[0]} and {other.paths[0]}"
            if other.participant_id != self.participant_id:
                return f"{both}: one image in folders of two participants; keep the right one"
            if _sizes(other.paths[0]) != _sizes(self.paths[0]):
                return f"{both}: one image, but of different size; keep the whole one"
        return None


def read_adni(root: str | Path, settings: dict) -> Cohort:
    """The study's participants and scans of an ADNI download, one scan per participant.

    settings : the configuration's `cohort`. Of a participant's MRI images that are in the folder and whose group,
    visit and description are wanted, the one is taken with the earliest acquisition date, then the first description
    in the order of cohort.adni.descriptions, then the smallest image id. So a later visit is taken if the first one
    has no such image, and a participant whose group changes is taken at the first visit with a wanted group. Every
    other image of the folder or the search's table is left out with a reason. Normal and NL count as CN, Dementia as
    AD. A null site is the first three digits of the subject. All download folders in `root` count, such as ADNI and
    ADNI 2; of an image that is the same in two of them, the first is taken. Raises UserError that names the folder,
    file or column.
    """
    root = Path(root)
    if not root.is_dir():
        remedy = "give the folder of the ADNI download, --config input=FOLDER"
        raise UserError(f"input {root}: {explain_missing(root, 'folder', remedy)}")
    labels, adni = settings["labels"], settings["adni"]
    try:
        found, excluded = _find_images(root)
    except PermissionError as error:
        raise UserError(f"{error.filename}: this folder cannot be listed; give yourself the right to read it") from None
    images = read_search(adni["search_csv"] or find_search_csv(root), labels, settings["covariates"])
    if adni["adnimerge"]:
        images = _with_adnimerge(images, adni["adnimerge"], labels, settings["covariates"])
    excluded += [
        exclusion("in the folder but not in the search table", of.participant_id, f"{of.participant_id}_acq-{image_id}")
        for image_id, of in found.items()
        if image_id not in images
    ]
    refuse = _refusal(labels, adni)
    usable: dict[str, list[Image]] = {}
    for image in images.values():
        why_not = refuse(image, found.get(image.image_id))
        if why_not:
            excluded.append(exclusion(why_not, image.participant_id, image.scan_id))
        else:
            usable.setdefault(image.participant_id, []).append(image)
    if excluded and not usable:
        reason, times = Counter(row["reason"] for row in excluded).most_common(1)[0]
        raise UserError(
            f"input {root}: none of {len(excluded)} images can be taken, {times} of them because: {reason}; "
            "check cohort.labels and cohort.adni"
        )
    near: dict[str, set[str]] = defaultdict(set)
    for image in images.values():
        if similar := find_near_group(image.group, labels):
            near[f"{image.group!r} for {similar}"].add(image.participant_id)
    taken, others = _choose(usable, adni["descriptions"])
    scans = {}
    for image in taken:
        path = found[image.image_id].paths[0]
        for copy in found[image.image_id].others:
            log.warning("%s: lies in %s as well, with the same size; the former is taken", path, copy.paths[0])
        scans[image.participant_id] = [Scan(image.scan_id, image.participant_id, image.session_id, path)]
    excluded = sorted([*excluded, *others], key=lambda row: (row["participant_id"], row["scan_id"] or ""))
    return assemble(_people(taken), scans, settings, excluded, f"input {root}", notes=note_near_groups(near, labels))


def list_tables(where: str, settings: dict) -> list[str]:
    """The search's CSV, and ADNIMERGE.csv if the configuration names it."""
    adni = settings["adni"]
    return [adni["search_csv"] or str(find_search_csv(Path(where))), *filter(None, [adni["adnimerge"]])]


def _with_adnimerge(images: dict[str, Image], path: str, labels: dict, covariates: dict) -> dict[str, Image]:
    """The images with what ADNIMERGE.csv knows better; a site of the search's table is kept if it was asked for."""
    people, file, site = read_adnimerge(path), Path(path).name, not covariates["site"]
    return {
        image_id: with_person(image, people[image.participant_id], file, labels, site)
        if image.participant_id in people
        else image
        for image_id, image in images.items()
    }


def _refusal(labels: dict, adni: dict):
    """The function (image, what the folder has of it or None) -> why it is not taken, or None."""
    groups = {labels["disease"], labels["control"]}
    visits = {plain(visit) for visit in adni["visits"] or []}
    descriptions = {plain_description(description) for description in adni["descriptions"]}

    def refuse(image: Image, of: Found | None) -> str | None:
        if plain(image.modality) not in ("mri", "mr"):
            return f"modality is {image.modality or 'not given'}"
        if image.group is None:
            return f"no value in column {labels['column']}"
        if image.group not in groups:
            return f"{explain_group(image.group, labels)}{image.said_by}"
        if visits and plain(image.visit) not in visits:
            return f"visit {image.visit or '(empty)'} is not in cohort.adni.visits"
        if plain_description(image.description) not in descriptions:
            return f"description {image.description or '(empty)'} is not in cohort.adni.descriptions"
        if image.day is None:
            return "no acquisition date in the search table"
        if of is None:
            return "in the search table but not in the folder; download it again"
        if of.participant_id != image.participant_id:
            return f"in the folder of {of.participant_id}; correct the search table or move it"
        return of.trouble() or of.unlike()

    return refuse


def _choose(usable: dict[str, list[Image]], descriptions: list[str]) -> tuple[list[Image], list[dict]]:
    """The image of each participant that is taken, by identifier, and rows of exclusions.tsv for the others."""
    # ASSUME: of a day's images the order in the configuration decides; the paper does not say which ones it took.
    rank: dict[str, int] = {}
    for place, description in enumerate(descriptions):
        rank.setdefault(plain_description(description), place)
    taken, others = [], []
    for _, own in sorted(usable.items()):
        own = sorted(
            own,
            key=lambda image: (image.day, rank[plain_description(image.description)], int(image.image_id[1:])),
        )
        taken.append(own[0])
        for image in own[1:]:
            why = "one scan per participant" if image.day == own[0].day else "another visit"
            others.append(exclusion(f"{why}: {own[0].scan_id} is taken", image.participant_id, image.scan_id))
    return taken, others


def _people(taken: list[Image]) -> pd.DataFrame:
    table = pd.DataFrame([vars(image) for image in taken], columns=list(Image.__dataclass_fields__))
    covariates = {name: name for name in ("age", "sex", "site")}
    return make_people(table, table["participant_id"], {"column": "group"}, covariates)


def _find_images(root: Path) -> tuple[dict[str, Found], list[dict]]:
    """image id -> what the folder holds of it, and a row of exclusions.tsv for a folder whose images have no id.

    The id is the folder's name, or in a folder of older downloads, such as S13408, the end of the file's name.
    """
    found: dict[str, Found] = {}
    nameless = []
    for subjects in _downloads(root):
        here: dict[str, Found] = {}
        for subject in subjects:
            participant_id = bids_identifier(os.path.basename(subject).upper())
            for folder, names in _folders(subject, LEVELS):
                images = _by_image(folder, names)
                if None in images:
                    reason = f"{folder}: no image id in the name of the folder or the file; download it again"
                    nameless.append(exclusion(reason, participant_id))
                for image_id, own in images.items():
                    if image_id is not None:
                        nifti = [name for name in own if not name.lower().endswith(".dcm")]
                        of = here.setdefault(image_id, Found(participant_id, []))
                        of.paths += [os.path.join(folder, name) for name in nifti] or [folder]
                        of.shared |= not nifti and len(images) > 1
        for image_id, of in here.items():
            found[image_id] = _first_usable(found.get(image_id), of)
    return found, nameless


def _first_usable(before: Found | None, of: Found) -> Found:
    """The image as earlier download folders have it, beside `of`; one with trouble of its own gives way."""
    if before is None:
        return of
    if before.trouble() is None and of.trouble() is None:
        before.others.append(of)
    return of if before.trouble() else before


def _sizes(path: str) -> dict[str, int]:
    """Bytes of a file, or of each file of a folder by its name; -1 for a link that leads nowhere."""
    names = [name for name in os.listdir(path) if not name.startswith(".")] if os.path.isdir(path) else [""]
    files = {name: os.path.join(path, name) if name else path for name in names}
    return {name: os.path.getsize(file) if os.path.exists(file) else -1 for name, file in files.items()}


def _by_image(folder: str, names: list[str]) -> dict[str | None, list[str]]:
    """image id, or None where there is none -> the names of its files."""
    of_folder = re.fullmatch(r"I\d+", os.path.basename(folder), re.IGNORECASE)
    if of_folder:
        return {of_folder[0].upper(): names} if names else {}
    images: dict[str | None, list[str]] = {}
    for name in names:
        of_name = re.search(r"_(I\d+)\.(nii|nii\.gz|dcm)$", name, re.IGNORECASE)
        images.setdefault(of_name[1].upper() if of_name else None, []).append(name)
    return images


def _downloads(root: Path) -> list[list[str]]:
    """Of each download the folders of subjects such as 002_S_0295, which lie in `root` or down to two levels below.

    The archive's file holds a folder ADNI, which becomes ADNI 2, ADNI1 or the like when a download is repeated.
    """
    downloads: list[list[str]] = []
    folders = [str(root)]
    for level in range(DOWNLOAD_LEVELS + 1):
        inner: list[str] = []
        for folder in folders:
            subjects, others = _list_folders(folder, level)
            inner += others
            downloads += [subjects] if subjects else []
        folders = sorted(inner)
    if not downloads:
        raise UserError(
            f"input {root}: no folder of a subject such as 002_S_0295 in it or in {root / 'ADNI'}; "
            "give the folder that the download was unpacked to"
        )
    return downloads


def _list_folders(folder: str, level: int) -> tuple[list[str], list[str]]:
    """The folders of subjects in a folder, and its other ones; none of a neighbour of the data that cannot be read."""
    subjects: list[str] = []
    others: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_dir():
                    (subjects if SUBJECT.fullmatch(entry.name) else others).append(entry.path)
    except PermissionError:
        if level == 0 or "adni" in os.path.basename(folder).lower():
            raise
    return sorted(subjects), others


def _folders(folder: str, levels: int) -> Iterator[tuple[str, list[str]]]:
    """A folder and those down to `levels` below it, each listed once, with the names of its images in order."""
    inner, names = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                inner.append(entry.path)
            elif entry.name.lower().endswith(ENDINGS):
                names.append(entry.name)
    yield folder, sorted(names)
    if levels:
        for path in sorted(inner):
            yield from _folders(path, levels - 1)
