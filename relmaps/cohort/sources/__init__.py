"""Sources of scans, one per file; which there are stands in relmaps/catalogue/sources.py.

Whatever the source, the study gets participants, scans and exclusions.
"""

from importlib import import_module
from types import ModuleType

from relmaps.catalogue.sources import SOURCES
from relmaps.cohort.cohort import Cohort
from relmaps.cohort.synthetic_atrophy import randomise_labels


def read_cohort(source: str, where: str, settings: dict) -> Cohort:
    """The cohort of a source.

    where : folder or table that the source reads. settings : of `relmaps.catalogue.sources.settings_of_source`. Raises
    UserError that names the folder, file or column; a participant or scan that is left out gets a row with its reason
    instead.
    """
    module, function = _reader(source)
    cohort = getattr(module, function)(where, settings)
    if settings["synthetic_atrophy"] is not None:
        cohort = randomise_labels(cohort, settings)
    return cohort


def list_tables(source: str, where: str, settings: dict) -> list[str]:
    """The tables that `read_cohort` reads, so that a change of theirs reaches the study."""
    module, _ = _reader(source)
    return module.list_tables(where, settings)


def _reader(source: str) -> tuple[ModuleType, str]:
    """The source's file, and the name of the function that reads it."""
    module, _, function = SOURCES[source].reader.partition(":")
    return import_module(f"{__name__}.{module}"), function
