"""Where the brain is in a raw scan: recognised in a skull-stripped one, extracted from a head."""

from pathlib import Path

import nibabel as nib
import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion, binary_fill_holes, distance_transform_edt, label

from relmaps.preprocess import ants_steps as steps

# A brain with its fluid has 1 to 2 litres; the smallest head of a child has more than 2.5.
LARGEST_BRAIN_ML = 2200.0
HEAD_MM = 220.0  # from the top of the head down; what lies below is neck, which pulls the centre of mass off the brain
OUTWARDS_MM, INWARDS_MM = 2.0, 1.0  # how far the scan's own intensities may move the border of the warped mask


def is_skull_stripped(scan: nib.Nifti1Image) -> bool:
    """Whether all voxels that are not exactly 0 could be one brain. In a raw head noise or scalp fill more."""
    volume_ml = np.count_nonzero(scan.dataobj) * np.prod(nib.affines.voxel_sizes(scan.affine)) / 1000
    return bool(volume_ml < LARGEST_BRAIN_ML)


def where_head(scan: nib.Nifti1Image) -> np.ndarray:
    """(nx, ny, nz) bool: voxels of the head, without neck and shoulders. scan : RAS+."""
    data = scan.get_fdata(dtype=np.float32)
    inside = data > 0.1 * np.percentile(data[data > 0], 99.5)
    rows = np.flatnonzero(inside.mean(axis=(0, 1)) > 0.01)  # a slice with a few bright voxels of noise is not the top
    if len(rows):
        lowest = rows[-1] - int(HEAD_MM / nib.affines.voxel_sizes(scan.affine)[2])
        inside[:, :, : max(lowest, 0)] = False
    return inside


def extract_brain(
    scan: steps.Image, coarse: steps.Image, template: dict[str, steps.Image], affine: str, mask, folder: Path
) -> np.ndarray:
    """(nx, ny, nz) bool on the grid of `scan`: the brain of a head with skull.

    The template's mask is carried over by SyN at the resolution of `coarse`, which is the same scan; then voxels near
    its border join or leave by their intensity. template : T1w and brain_mask, GM_probseg, CSF_probseg with a margin
    of zeros. affine : path of a transform, template -> scan. mask : voxels of the template that count.
    """
    rough = steps.warp_back(coarse, template["brain_mask"], [affine], "nearestNeighbor")
    coarse = steps.correct_bias(coarse, rough)
    transforms = steps.deform(template["T1w"], coarse, affine, mask, "SyN", (40, 20, 2), folder / "extraction")
    warped = {
        name: steps.warp_back(scan, template[name], transforms).numpy()
        for name in ("brain_mask", "GM_probseg", "CSF_probseg")
    }
    return refine(
        warped["brain_mask"] > 0.5, warped["GM_probseg"], warped["CSF_probseg"], scan.numpy(), np.array(scan.spacing)
    )


def refine(brain: np.ndarray, gm: np.ndarray, csf: np.ndarray, scan: np.ndarray, voxel_mm: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) bool: the mask with its border moved to the scan's own edge between tissue and fluid.

    A voxel up to OUTWARDS_MM outside joins if it is brighter than the middle between fluid and grey matter, one up to
    INWARDS_MM inside stays only then. Bridges of one voxel to the skull are cut and holes filled. All arrays
    (nx, ny, nz): brain bool, gm and csf prior probabilities, scan intensities.
    """
    if not (gm * brain).any() or not (csf * brain).any():
        return brain
    threshold = (np.average(scan, weights=gm * brain) + np.average(scan, weights=csf * brain)) / 2
    outside = distance_transform_edt(~brain, sampling=voxel_mm)
    inside = distance_transform_edt(brain, sampling=voxel_mm)
    core = inside > INWARDS_MM + min(voxel_mm) / 2
    solid = core | ((scan > threshold) & (outside <= OUTWARDS_MM))
    # Opened, but with the largest part chosen between its two halves: opening alone puts a short bridge back.
    opened = binary_dilation(_largest_part(binary_erosion(solid)))
    return binary_fill_holes(_largest_part(opened | core))


def _largest_part(mask: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) bool: of a mask's connected parts the one with the most voxels; itself where it is empty."""
    parts, n_parts = label(mask)
    return parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]) if n_parts else mask
