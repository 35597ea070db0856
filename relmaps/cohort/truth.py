"""Whether, and why, a study knows where grey matter is lost."""

from relmaps.catalogue.sources import SOURCES


def truth_of(config: dict) -> str | None:
    """simulated (heads with a disease), injected (a disease in real scans), or None where nobody knows."""
    injected = "injected" if config["cohort"]["synthetic_atrophy"] is not None else None
    return SOURCES[config["cohort"]["source"]].truth or injected
