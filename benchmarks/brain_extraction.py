"""Brain extraction and registration of raw heads, against reference masks.

    python -m benchmarks.brain_extraction Subj10_T1.nii.gz=Subj10_labels.nii.gz ch2.nii.gz=ch2bet.nii.gz --preset fast

The brain of a reference is what lies above 0, with holes filled. Debian's mricron-data has Colin27 as head (ch2) and
brain (ch2bet). A row per head, each in a process of its own: how the brain was found; Dice with the reference of the
mask as found, as refined, and as segmented in the end; volume; similarity and grey matter Dice with the template;
agreement of the two masks; CPU seconds that the skull adds, and all; peak memory.
"""

import argparse
import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_fill_holes

from benchmarks.preprocessing import presets

COLUMNS = (
    *("scan", "method", "dice_found", "dice_refined", "dice_final", "tiv_ml", "similarity", "gm_dice", "wm_cv"),
    *("brain_agreement", "cut_share", "jacobian_min", "jacobian_max", "skull_s", "cpu_s", "peak_gb", "remark"),
)


def measure(head: str, label: str, preset: str, template: str, without_network: bool) -> dict:
    """The row of one head; a failure is its remark."""
    from relmaps.io.errors import ScanError
    from relmaps.io.files import scratch_folder
    from relmaps.preprocess import recipe, registration
    from relmaps.preprocess.integrity import read_raw
    from relmaps.preprocess.quality import dice
    from relmaps.preprocess.template import load_template

    if without_network:
        registration.network_mask = lambda image: np.zeros(image.shape, bool)
    kept = []

    def register(*arguments):
        kept.append(registration.register(*arguments))
        return kept[-1]

    recipe.register = register
    raw, reference = read_raw(head), nib.as_closest_canonical(nib.load(label))
    if reference.shape != raw.shape or not np.allclose(reference.affine, raw.affine, atol=1e-3):
        sys.exit(f"{label}: is not on the grid of {head}")
    chosen = presets()[preset]
    settings = registration.Settings(
        chosen["input_voxel_mm"], "SyN", chosen["registration_voxel_mm"], tuple(chosen["iterations"]), code=""
    )
    try:
        with scratch_folder() as scratch:
            result = recipe.register_and_segment(raw, load_template(template, "template"), settings, scratch)
    except ScanError as error:
        return {"remark": str(error)}
    (scan,) = kept
    truth = binary_fill_holes(reference.get_fdata() > 0)
    masks = {
        "dice_found": scan.found.mask,
        "dice_refined": registration.resampled_mask(scan.brain.numpy() > 0.5, scan.native.affine, raw),
        "dice_final": registration.resampled_mask(result.images["native_tissues"] > 0, scan.native.affine, raw),
    }
    return result.measures | {
        **{name: round(dice(mask, truth), 4) for name, mask in masks.items()},
        "skull_s": round(result.seconds["brain extraction"], 1),
        "cpu_s": round(sum(result.seconds.values()), 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "remark": result.measures["method_reason"] or "",
    }


def main(pairs: list[str], preset: str, without_network: bool) -> None:
    from relmaps.preprocess.template import write_template

    print(*COLUMNS, sep="\t", flush=True)
    with tempfile.TemporaryDirectory() as template:
        grid = presets()[preset]["template"]
        write_template(grid["voxel_mm"], "template", template, grid["box"])
        for pair in pairs:
            head, _, label = pair.partition("=")
            with ProcessPoolExecutor(max_workers=1) as process:  # a new one each, for its peak memory
                row = process.submit(measure, head, label, preset, template, without_network).result()
            print(Path(head).name, *(row.get(name, "n/a") for name in COLUMNS[1:]), sep="\t", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pairs", nargs="+", metavar="HEAD=REFERENCE")
    parser.add_argument("--preset", choices=list(presets()), default="fast")
    parser.add_argument("--without-network", action="store_true", help="as where the network finds nothing")
    arguments = parser.parse_args()
    main(arguments.pairs, arguments.preset, arguments.without_network)
