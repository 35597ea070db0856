import re

import numpy as np

from relmaps.simulation.literature import simulate_literature

SETTINGS = {"n_studies": 40, "foci_per_study": 8.0, "localisation_mm": 2.0, "false_positives": 0.25, "seed": 1}


def parse_foci(text):
    return np.array([[float(value) for value in line.split("\t")] for line in text.splitlines() if "\t" in line])


def test_foci_scatter_around_the_truth_with_the_stated_share_elsewhere(grid, brain):
    truth = np.zeros(grid.shape, dtype=np.float32)
    truth[6, 3, 4] = 0.2
    text = simulate_literature(truth, truth > 0.1, brain, grid, **SETTINGS)
    foci = parse_foci(text)
    site = grid.affine @ [6, 3, 4, 1]
    near = np.linalg.norm(foci - site[:3], axis=1) < 4 * 2.0
    assert text.startswith("//Reference=MNI\n")
    assert len(re.findall(r"^// Subjects=\d+$", text, re.M)) == 40
    assert 0.65 < near.mean() < 0.85
    np.testing.assert_allclose(foci[near].mean(axis=0), site[:3], atol=0.6)


def test_without_disease_foci_are_anywhere_in_grey_matter(grid, brain):
    nothing = np.zeros(grid.shape, dtype=np.float32)
    foci = parse_foci(simulate_literature(nothing, nothing > 0, brain, grid, **SETTINGS | {"localisation_mm": 0.0}))
    sites = {tuple(np.rint(site)) for site in np.moveaxis(grid.coordinates(), 0, -1)[brain]}
    assert all(tuple(focus) in sites for focus in foci)
    assert len(np.unique(foci, axis=0)) > 50
