"""Dice of the extracted brain with a reference mask, for heads with skull.

    python -m benchmarks.brain_extraction ch2.nii.gz ch2bet.nii.gz

Debian's mricron-data has Colin27 as head (ch2) and brain (ch2bet); the reference is the brain's voxels above 0 with
holes filled. Printed with and without the step that moves the border by the scan's own intensities.
"""

import argparse
import sys
import tempfile
import time

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_fill_holes

from relmaps.files import scratch_folder
from relmaps.preprocess import brain as extraction
from relmaps.preprocess.integrity import read_raw
from relmaps.preprocess.quality import dice
from relmaps.preprocess.recipe import find_brain
from relmaps.preprocess.stopwatch import Stopwatch
from relmaps.preprocess.template import load_template, write_template


def main(head_path: str, reference_path: str) -> None:
    head = read_raw(head_path)
    reference = nib.as_closest_canonical(nib.load(reference_path))
    if reference.shape != head.shape or not np.allclose(reference.affine, head.affine, atol=1e-3):
        sys.exit(f"{reference_path}: is not on the grid of {head_path}")
    truth = binary_fill_holes(reference.get_fdata() > 0)
    refine = extraction.refine
    warped = {}

    def keep(brain, *rest):
        warped["brain"] = brain
        return refine(brain, *rest)

    extraction.refine = keep
    with tempfile.TemporaryDirectory() as folder, scratch_folder() as scratch:
        write_template(1, "template", folder)
        template = load_template(folder, "template")
        watch, start = Stopwatch(), time.process_time()
        _, brain = find_brain(head, False, template, np.asarray(template["brain_mask"].dataobj) > 0, scratch, watch)
        seconds = time.process_time() - start
    print("mask\tDice\tml")
    for name, mask in {"warped from the template": warped["brain"], "refined": brain}.items():
        print(f"{name}\t{dice(mask, truth):.4f}\t{mask.sum() * np.prod(head.header.get_zooms()) / 1000:.0f}")
    print(f"reference\t1\t{truth.sum() * np.prod(head.header.get_zooms()) / 1000:.0f}")
    print(f"{seconds:.0f} CPU seconds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("head")
    parser.add_argument("reference")
    arguments = parser.parse_args()
    main(arguments.head, arguments.reference)
