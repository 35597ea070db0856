"""Whether, and why, a study knows where grey matter is lost."""


def truth_of(config: dict) -> str | None:
    """simulated (heads with a disease), injected (a disease in real scans), or None where nobody knows."""
    if config["cohort"]["source"] == "simulated":
        return "simulated"
    return "injected" if config["cohort"]["synthetic_atrophy"] is not None else None
