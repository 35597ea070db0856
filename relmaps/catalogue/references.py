"""Every source of references: what one is made from, what makes it, and which settings it needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
from typing import Any

TRUTH, GROUND_TRUTH = "truth", "ground_truth"  # name and kind of the reference of a simulated disease
NAMES = {"meta_analysis": "meta-analysis", TRUTH: "ground truth"}
ALE_KEYS = ("correction", "alpha", "cluster_forming_p", "iterations", "minimum_cluster_voxels")


@dataclass(frozen=True)
class ReferenceSource:
    """A source of references, by its name in `reference.<name>.source`.

    reads : what it is made from, for the schema. title : in a sentence. builder : file of relmaps/reference/sources/
    and function in it. kind : of its references. keys : settings that the builder takes; as in all these fields, a dot
    leads into a section. made : the file of the study's folder that it is made from, with {} for the reference's name;
    None for the file that `path` names. needs : settings that must be set, and what each is. files, folders : settings
    that name one. needs_truth : whether the study must have a ground truth.
    """

    reads: str
    title: str
    builder: str
    keys: tuple[str, ...]
    kind: str = "meta_analysis"
    made: str | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ("path",)
    folders: tuple[str, ...] = ()
    needs_truth: bool = False

    def settings(self, reference: dict) -> dict:
        """The builder's settings, by the last part of their keys. reference : that part of a configuration."""
        return {key.rpartition(".")[2]: value_of(reference, key) for key in ("source", *self.keys)}

    def evidence(self, name: str, reference: dict, folder: str) -> str:
        """The file that a reference is made from. folder : the study's."""
        return reference["path"] if self.made is None else f"{folder}/{self.made.format(name)}"


REFERENCE_SOURCES = {
    "simulated": ReferenceSource(
        "is the ALE of the simulated literature",
        "the ALE of a simulated literature",
        "foci:foci_reference",
        ALE_KEYS,
        made="cohort/literature.txt",
        needs_truth=True,
    ),
    "sleuth": ReferenceSource(
        "is the ALE of the foci in `path`",
        "the ALE of reported foci",
        "foci:foci_reference",
        ALE_KEYS,
        needs={"path": "a file"},
    ),
    "nifti": ReferenceSource(
        "is the map in `path`",
        "a map that was given",
        "nifti:nifti_reference",
        ("threshold", "polarity", "affine"),
        needs={"path": "a file", "threshold": "the value of its mask"},
    ),
    "neuroquery": ReferenceSource(
        "is the ALE of papers chosen by their terms, a text-mined map",
        "a text-mined map",
        "foci:foci_reference",
        (*ALE_KEYS, "neuroquery.sample_size_sweep"),
        kind="text_mined",
        made="reference/{}/foci.txt",
        files=("neuroquery.allow_list",),
        folders=("path",),
    ),
}


def value_of(settings: dict, key: str) -> Any:
    """The value of a key, in which a dot leads into a section."""
    return reduce(getitem, key.split("."), settings)
