"""Sources of references, one per file; which there are stands in relmaps/catalogue/references.py."""

from importlib import import_module
from pathlib import Path

import numpy as np

from relmaps.catalogue.references import REFERENCE_SOURCES
from relmaps.reference.reference import Reference
from relmaps.space.grid import Grid


def build_reference(evidence: str | Path, settings: dict, grid: Grid, brain: np.ndarray) -> Reference:
    """The reference of a source on the study's grid.

    evidence : the file that it is made from. settings : `source`, the record's keys, and `seed` and `cores` of what is
    drawn at random. brain : (nx, ny, nz) bool. Raises UserError that names the file.
    """
    record = REFERENCE_SOURCES[settings["source"]]
    module, _, function = record.builder.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), function)(evidence, settings, grid, brain, record.kind)
