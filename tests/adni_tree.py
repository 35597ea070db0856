"""A folder as an ADNI download leaves it, made of any NIfTI files: the tree of images and the CSV of the search."""

import csv
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

SCALED = "MPR; GradWarp; B1 Correction; N3; Scaled"
REPEAT = "MPR-R; GradWarp; B1 Correction; N3; Scaled"
COLUMNS = {
    "image_id": "Image Data ID",
    "ptid": "Subject",
    "group": "Group",
    "sex": "Sex",
    "age": "Age",
    "visit": "Visit",
    "modality": "Modality",
    "description": "Description",
    "kind": "Type",
    "day": "Acq Date",
    "format": "Format",
    "downloaded": "Downloaded",
}


@dataclass
class AdniImage:
    """A row of the search and the file it is about.

    nifti : file to copy, None for an empty one. suffix : .nii, .nii.gz or .dcm. series : name of the last folder, as in
    older downloads, instead of the image id. on_disk, in_csv : where the image is known.
    """

    ptid: str
    image_id: str
    group: str = "AD"
    day: str = "4/18/2006"
    description: str = SCALED
    visit: str = "ADNI Screening"
    sex: str = "F"
    age: str = "74"
    modality: str = "MRI"
    kind: str = "Processed"
    format: str = "NiFTI"
    downloaded: str = ""
    nifti: Path | None = None
    suffix: str = ".nii"
    series: str | None = None
    on_disk: bool = True
    in_csv: bool = True

    @property
    def path(self) -> Path:
        """The file, relative to the folder of subjects."""
        description = re.sub(r"[^A-Za-z0-9-]", "_", self.description)
        name = f"ADNI_{self.ptid}_MR_{description}_Br_20070217_S13408_{self.image_id}{self.suffix}"
        month_first = re.fullmatch(r"(\d+)/(\d+)/(\d+)", self.day)
        date = "{2}-{0:0>2}-{1:0>2}".format(*month_first.groups()) if month_first else self.day
        return Path(self.ptid, description, f"{date}_08_20_30.0", self.series or self.image_id, name)


@dataclass
class AdniTree:
    """A download. taken : scan_ids a study of AD against CN takes, sorted. n_images : on disk or in the CSV."""

    root: Path
    search_csv: Path
    taken: list[str]
    n_images: int


def write_images(root: Path, images: list[AdniImage], top: str = "ADNI", columns: dict[str, str] = COLUMNS) -> Path:
    """Write the files under root/top, and root/search.csv, whose path is returned. columns : field -> its header."""
    for image in images:
        if image.on_disk:
            path = root / top / image.path
            path.parent.mkdir(parents=True, exist_ok=True)
            if image.nifti is None:
                path.touch()
            else:
                shutil.copyfile(image.nifti, path)
    root.mkdir(parents=True, exist_ok=True)
    with open(root / "search.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, quoting=csv.QUOTE_ALL)
        rows.writerow(columns.values())
        rows.writerows([getattr(image, name) for name in columns] for image in images if image.in_csv)
    return root / "search.csv"


def write_adni_tree(root: Path, scans: list[tuple]) -> AdniTree:
    """A download with the scans, and around them what a real one has and a study must leave out.

    scans : (NIfTI file or None for an empty one, subject such as 002_S_0295, group, age, sex) each. Each is the
    preprocessed image of its subject's first visit; beside it are the plain MPRAGE of that day, a repeat, and the
    preprocessed image of a year later. A subject of group MCI, a PET image, a localizer, an image that was not
    downloaded and one that the search does not know are added.
    """
    images, taken = [], []
    for number, (nifti, ptid, group, age, sex) in enumerate(scans, start=1):
        suffix = ".nii.gz" if nifti is not None and Path(nifti).name.endswith(".gz") else ".nii"
        person = {"ptid": ptid, "group": group, "sex": sex}
        now = person | {"age": f"{age:g}", "day": f"{number % 12 + 1}/{number % 28 + 1}/2006"}
        later = person | {"age": f"{age + 1:g}", "day": f"{number % 12 + 1}/{number % 28 + 1}/2007"}
        images += [
            AdniImage(image_id=f"I{4 * number}", description="MP-RAGE", kind="Original", **now),
            AdniImage(image_id=f"I{4 * number + 1}", description=REPEAT, **now),
            AdniImage(image_id=f"I{4 * number + 2}", nifti=nifti, suffix=suffix, **now),
            AdniImage(image_id=f"I{4 * number + 3}", visit="ADNI1/GO Month 12", **later),
        ]
        taken.append(f"sub-{ptid.replace('_', '')}_ses-ADNIScreening_acq-I{4 * number + 2}")
    images += [
        AdniImage("099_S_9001", "I900001", group="MCI"),
        AdniImage("099_S_9002", "I900002", modality="PET", description="FDG"),
        AdniImage("099_S_9002", "I900003", description="3-plane localizer", kind="Original"),
        AdniImage("099_S_9003", "I900004", on_disk=False),
        AdniImage("099_S_9004", "I900005", in_csv=False),
    ]
    return AdniTree(root, write_images(root, images), sorted(taken), len(images))
