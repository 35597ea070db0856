"""Whether, and why, a study knows where grey matter is lost."""

from relmaps.catalogue.sources import SOURCES


def find_truth(config: dict) -> str | None:
    """simulated (scans with a disease), synthetic_atrophy (a disease in real scans), or None where nobody knows."""
    synthetic = "synthetic_atrophy" if config["cohort"]["synthetic_atrophy"] is not None else None
    return SOURCES[config["cohort"]["source"]].truth or synthetic
