"""The ALE of foci in a Sleuth text file, whoever wrote it, as a reference."""

from pathlib import Path

import numpy as np

from relmaps.reference.ale import Correction
from relmaps.reference.ale_reference import ale_reference
from relmaps.reference.foci import check_millimetres, describe_foci
from relmaps.reference.reference import Reference
from relmaps.reference.sleuth import read_label, read_remark, read_sleuth
from relmaps.space.grid import Grid


def foci_reference(path: str | Path, settings: dict, grid: Grid, brain: np.ndarray, kind: str) -> Reference:
    """The ALE map of a file's experiments and where it is significant, on the study's grid.

    settings : source, correction and the other fields of `Correction`; sample_size_sweep, if there is one. brain :
    (nx, ny, nz) bool. Raises UserError that names the file, where read_sleuth and check_millimetres do.
    """
    correction = Correction(
        method=settings["correction"],
        alpha=settings["alpha"],
        cluster_forming_p=settings["cluster_forming_p"],
        iterations=settings["iterations"],
        minimum_cluster_voxels=settings["minimum_cluster_voxels"],
        seed=settings["seed"],
        cores=settings["cores"],
    )
    experiments = read_sleuth(path)
    remarks = []
    if settings["source"] == "sleuth":  # others are written by this program
        check_millimetres(experiments, path)
        remarks = [*filter(None, [read_remark(path)]), *describe_foci(experiments)]
    return ale_reference(
        experiments,
        str(path),
        correction,
        grid,
        brain,
        kind=kind,
        label=read_label(path),
        sample_sizes=settings.get("sample_size_sweep", ()),
        remarks=remarks,
    )
