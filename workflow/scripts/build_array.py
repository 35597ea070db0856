"""One feature of all subjects as a memory-mapped array on the study's grid."""

import numpy as np

from relmaps.io.images import load_grid, read_map, read_mask
from relmaps.io.jobs import job
from relmaps.io.tables import read_table
from relmaps.preprocess.arrays import build_array
from relmaps.preprocess.derivatives import name_derivatives, scan_of

SOURCE = {"t1_affine": "t1_affine", "t1_syn": "t1", "gm": "gm", "gm_modulated": "gm_modulated"}
# For confound models, which classify by the outline alone: the T1 made black and white, and where there is brain.
# ASSUME: halfway to white matter, which is 1, lies between fluid and grey matter.
THRESHOLD = {"binarised": 0.5, "brain_mask": 0.0}


def main(*, subjects, brain, tissues, array, derivatives, space, feature, smoothing_mm, scaling):
    grid = load_grid(brain, space)
    people = read_table(subjects)
    maps = [
        name_derivatives(scan_of(row), derivatives, space)[SOURCE.get(feature, "t1_affine")]
        for row in people.itertuples()
    ]
    scale = np.ones(len(people))
    if scaling == "tiv":
        template_ml = sum(read_map(tissue, grid).sum() for tissue in tissues) * grid.voxel_mm.prod() / 1000
        scale = template_ml / people["tiv_ml"].to_numpy()
    build_array(maps, len(people), array, grid, read_mask(brain, grid), smoothing_mm, scale, scaling == "min_max",
                threshold=THRESHOLD.get(feature))  # fmt: skip


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            brain=snakemake.input.brain,
            tissues=snakemake.input.tissues,
            array=snakemake.output.array,
            derivatives=snakemake.params.derivatives,
            space=snakemake.params.space,
            feature=snakemake.wildcards.feature,
            **snakemake.params.settings,
        )
