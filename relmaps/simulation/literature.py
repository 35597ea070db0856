"""A simulated literature: VBM studies of the disease whose foci scatter around the true loss, as a Sleuth text file."""

import numpy as np

from relmaps.space.grid import Grid

# ASSUME: patients plus controls per study, lognormal with median 40, as in small VBM studies of Alzheimer's disease.
MEDIAN_SAMPLE, SAMPLE_SPREAD = 40, 0.4


def simulate_literature(
    truth: np.ndarray,
    truth_mask: np.ndarray,
    gm_mask: np.ndarray,
    grid: Grid,
    *,
    n_studies: int,
    foci_per_study: float,
    localisation_mm: float,
    false_positives: float,
    seed: int,
) -> str:
    """Sleuth text in MNI space.

    truth : (nx, ny, nz) expected loss; a true focus lies in `truth_mask` with probability proportional to it, and is
    reported with a Gaussian error of `localisation_mm` along each axis. A share of `false_positives` lies anywhere in
    `gm_mask`. Every study reports a Poisson number of foci, at least one.
    """
    rng = np.random.default_rng([seed, 2])
    coordinates = np.moveaxis(grid.coordinates(), 0, -1)
    gm_sites = coordinates[gm_mask]
    if truth_mask.any():
        true_sites, chance = coordinates[truth_mask], truth[truth_mask] / truth[truth_mask].sum()
    else:  # a disease that takes nothing still has a literature
        true_sites, chance = gm_sites, None
    lines = ["//Reference=MNI"]
    for study in range(1, n_studies + 1):
        n_subjects = round(MEDIAN_SAMPLE * float(np.exp(SAMPLE_SPREAD * rng.standard_normal())))
        n_foci = max(1, rng.poisson(foci_per_study))
        sites = true_sites[rng.choice(len(true_sites), n_foci, p=chance)]
        sites = sites + localisation_mm * rng.standard_normal((n_foci, 3))
        wrong = rng.random(n_foci) < false_positives
        sites[wrong] = gm_sites[rng.choice(len(gm_sites), wrong.sum())]
        lines += [f"// Simulated{study:03d}: disease < control grey matter", f"// Subjects={n_subjects}"]
        lines += ["\t".join(f"{value:.0f}" for value in site) for site in sites]
        lines.append("")
    return "\n".join(lines)
