"""Heatmaps of single subjects as images, for those who ask for them."""

import nibabel as nib
import numpy as np

from relmaps.io.images import load_grid, read_mask, save
from relmaps.io.jobs import job, progress
from relmaps.io.tables import read_table
from relmaps.relevance.heatmaps import chosen_heatmaps

LEVELS = 32767  # of a value's size in 16 bits


def main(subjects, brain_mask, selection, subject_maps, subject_tables, space, target, folder):
    """One NIfTI per subject, of 16 bits with a scale factor: the format has no half precision."""
    grid = load_grid(brain_mask, space)
    brain = read_mask(brain_mask, grid)
    people = read_table(subjects, ("participant_id",))["participant_id"]
    folds, _, _ = chosen_heatmaps(subject_maps, subject_tables, selection, people, target)
    for number, fold in enumerate(progress(folds, "fold"), 1):
        for row, values, amplitude in zip(fold.rows, fold.maps, fold.amplitude, strict=True):
            levels = grid.make_volume(np.rint(values.astype(np.float32) * LEVELS), brain)
            image = nib.Nifti1Image(levels.astype(np.int16), grid.affine)
            image.header.set_slope_inter(amplitude / LEVELS, 0)
            image.set_sform(grid.affine, code="mni")
            image.set_qform(grid.affine, code="mni")
            image.header.set_xyzt_units("mm")
            save(image, f"{folder}/{people[row]}_fold-{number}_space-{space}_relevance.nii.gz")


if __name__ == "__main__":
    with job(snakemake):
        main(
            subjects=snakemake.input.subjects,
            brain_mask=snakemake.input.brain_mask,
            selection=snakemake.input.get("selection"),  # a linear model is not chosen
            subject_maps=snakemake.input.subject_maps,
            subject_tables=snakemake.input.subject_tables,
            space=snakemake.params.space,
            target=snakemake.params.target,
            folder=snakemake.output.folder,
        )
