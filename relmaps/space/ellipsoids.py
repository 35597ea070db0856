"""Regions of the brain as ellipsoids at stated coordinates, where there is no atlas."""

import numpy as np

from relmaps.space.grid import Grid

# ASSUME: centres (mm, MNI, of the right side) are the centres of mass of the regions of these names in the AAL atlas
# (Tzourio-Mazoyer et al. 2002, NeuroImage 15:273). Semi-axes (mm) go with the standard deviations of a region's voxels
# along x, y and z, and are scaled to its volume. Both are means of the two sides, in whole millimetres; the left side
# mirrors the right.
AFFECTED = {  # early or strongly in Alzheimer's disease
    "hippocampus": ((27, -20, -10), (9, 15, 13)),
    "parahippocampal": ((23, -16, -21), (8, 22, 12)),
    "amygdala": ((25, 0, -17), (8, 6, 9)),
    "middle temporal": ((56, -36, -2), (12, 34, 21)),
    "inferior temporal": ((52, -30, -23), (12, 33, 16)),
    "posterior cingulate": ((6, -42, 23), (7, 8, 14)),
    "precuneus": ((9, -56, 46), (10, 19, 35)),
    "angular": ((45, -60, 37), (14, 13, 15)),
}
SPARED = {  # late or little
    "precentral": ((40, -7, 52), (18, 16, 23)),
    "postcentral": ((42, -24, 51), (19, 16, 23)),
    "calcarine": ((12, -76, 8), (12, 26, 12)),
    "thalamus": ((12, -18, 8), (11, 15, 12)),
    "putamen": ((26, 4, 2), (9, 18, 12)),
    "cerebellum crus I": ((37, -67, -29), (23, 23, 9)),
}


def stated_regions(grid: Grid) -> np.ndarray:
    """(nx, ny, nz) int: for each ellipsoid in the order above, 2 k + 1 on the right and 2 k + 2 on the left; else 0.

    A voxel in several ellipsoids belongs to the one whose centre is nearest in units of its semi-axes.
    """
    coordinates = grid.coordinates()
    nearest, labels = np.ones(grid.shape), np.zeros(grid.shape, dtype=int)
    for number, (centre, semi_axes) in enumerate((AFFECTED | SPARED).values()):
        for side in (1, -1):
            offsets = coordinates - np.reshape(np.multiply(centre, (side, 1, 1)), (3, 1, 1, 1))
            distance = np.sqrt(((offsets / np.reshape(semi_axes, (3, 1, 1, 1))) ** 2).sum(axis=0))
            inside = distance < nearest
            nearest[inside], labels[inside] = distance[inside], 2 * number + (1 if side > 0 else 2)
    return labels
