"""Where the brain is in a raw scan: how a brain differs from a head, and where exactly its border lies."""

import nibabel as nib
import numpy as np
from scipy.cluster.vq import kmeans
from scipy.ndimage import binary_dilation, binary_erosion, binary_fill_holes, distance_transform_edt, label

# A brain with its fluid has 1 to 2 litres; the smallest head of a child has more than 2.5.
BRAIN_ML = (800.0, 2200.0)
HEAD_MM = 220.0  # from the top of the head down; what lies below is neck, which pulls the centre of mass off the brain
# How far the scan's own intensities may move the border of a mask. The network's has a rim of fluid and lacks nothing;
# the template's errs on either side.
INWARDS_MM = 1.8
OUTWARDS_MM = {"network": 0.0, "template": 2.0}
SPECK = 0.01  # share of a slice below which voxels are strays
# A slice at a mask's end is compared with the one so far inwards, and flat above this ratio of their areas. The share
# of the surface is that of a brainstem cut across, which is flat as well.
FLAT_MM, FLAT_ABOVE, LARGEST_STUMP = 3.0, 0.7, 0.01


def is_skull_stripped(scan: nib.Nifti1Image) -> bool:
    """Whether all voxels that are not exactly 0 could be one brain. In a raw head noise or scalp fill more."""
    volume_ml = np.count_nonzero(scan.dataobj) * np.prod(nib.affines.voxel_sizes(scan.affine)) / 1000
    return bool(volume_ml < BRAIN_ML[1])


def where_head(scan: nib.Nifti1Image) -> np.ndarray:
    """(nx, ny, nz) bool: voxels of the head, without neck and shoulders. scan : RAS+."""
    inside = _above_air(scan.get_fdata(dtype=np.float32))
    rows = np.flatnonzero(inside.mean(axis=(0, 1)) > SPECK)  # a slice with a few bright voxels of noise is not the top
    if len(rows):
        lowest = rows[-1] - int(HEAD_MM / nib.affines.voxel_sizes(scan.affine)[2])
        inside[:, :, : max(lowest, 0)] = False
    return inside


def without_padding(mask: np.ndarray, scan: nib.Nifti1Image) -> np.ndarray:
    """(nx, ny, nz) bool: the mask without the outer slices in which the scan of a head is empty.

    A network goes on for some voxels where a head was cut and padded with zeros.
    """
    inside, kept = _above_air(scan.get_fdata(dtype=np.float32)), mask.copy()
    for axis in range(3):
        filled = np.flatnonzero(np.moveaxis(inside, axis, 0).mean(axis=(1, 2)) > SPECK)
        if len(filled):
            along = np.moveaxis(kept, axis, 0)
            along[: filled[0]] = along[filled[-1] + 1 :] = False
    return kept


def _above_air(data: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) bool: voxels of at least a tenth of the intensity of the brightest."""
    return data > 0.1 * np.percentile(data[data > 0], 99.5)


def mask_problem(mask: np.ndarray, affine: np.ndarray) -> str:
    """Say why a mask cannot be a brain, or nothing. mask : (nx, ny, nz) bool. affine : (4, 4) of its grid, in mm."""
    volume_ml = np.count_nonzero(mask) * abs(np.linalg.det(affine[:3, :3])) / 1000
    if BRAIN_ML[0] <= volume_ml <= BRAIN_ML[1]:
        return ""
    return f"its mask has {volume_ml:,.0f} ml"


def cut_share(mask: np.ndarray, affine: np.ndarray) -> float:
    """Measure how much of the brain's surface is a cut: the largest share over its six sides.

    A cut lies at the image's border, or within the image where that was padded with zeros afterwards. A brain that ends
    within the image has 0, one that just touches a side less than .01; where the uppermost centimetre is missing it is
    about .05. A cut that is oblique to the voxels and padded is not seen.

    Parameters
    ----------
    mask : ndarray, shape (nx, ny, nz), bool
        The brain on the grid of the whole scan.
    affine : ndarray, shape (4, 4)
        Of that grid, in mm.
    """
    sides = nib.affines.voxel_sizes(affine)
    surface, cuts, flat_ends = 0.0, [0.0], []
    for axis in range(3):
        face_mm2 = float(np.prod(np.delete(sides, axis)))
        along = np.moveaxis(mask, axis, 0)
        ends = [int(along[end].sum()) for end in (0, -1)]
        surface += face_mm2 * (np.count_nonzero(along[1:] != along[:-1]) + sum(ends))
        cuts += [face_mm2 * n for n in ends]
        counts = along.sum(axis=(1, 2))
        flat_ends += [face_mm2 * flat_end(inwards, sides[axis]) for inwards in (counts, counts[::-1])]
    if not surface:
        return 0.0
    cuts += [area for area in flat_ends if area > LARGEST_STUMP * surface]
    return max(cuts) / surface


def flat_end(counts: np.ndarray, slice_mm: float) -> int:
    """Count the voxels of a mask's outermost slice if it is flat there, as after a cut; 0 if it is round.

    A round end has about half of the area at most that the mask has FLAT_MM farther in; those of 22 intact real brains
    had .54 at most, and .62 with slices of 5 mm.

    Parameters
    ----------
    counts : ndarray, shape (n,), int
        Voxels of the mask in each slice, from outside inwards.
    slice_mm : float
    """
    inside = counts[np.argmax(counts > SPECK * counts.max()) :]
    step = max(1, round(FLAT_MM / slice_mm))
    first = range(1 + int(FLAT_MM / 2 / slice_mm))  # interpolation leaves a slice or two that are partly filled
    flat = [inside[i] for i in first if i + step < len(inside) and inside[i] > FLAT_ABOVE * inside[i + step]]
    return int(max(flat, default=0))


def refine(brain: np.ndarray, scan: np.ndarray, voxel_mm: np.ndarray, outwards_mm: float = 0.0) -> np.ndarray:
    """Move a mask's border to the scan's own edge between tissue and fluid.

    A voxel whose centre is up to INWARDS_MM deep stays only if it is brighter than the middle between fluid and grey
    matter. One up to `outwards_mm` outside joins if it is. Bridges of one voxel to the skull are cut and holes filled.

    Parameters
    ----------
    brain : ndarray, shape (nx, ny, nz), bool
    scan : ndarray, shape (nx, ny, nz)
        Intensities without bias field.
    voxel_mm : ndarray, shape (3,)
    outwards_mm : float

    Returns
    -------
    ndarray, shape (nx, ny, nz), bool
    """
    if not brain.any():
        return brain
    inside = distance_transform_edt(brain, sampling=voxel_mm)
    core = inside > INWARDS_MM + min(voxel_mm) / 2
    solid = core | ((scan > tissue_threshold(scan[brain])) & _within(brain, outwards_mm, voxel_mm))
    # Opened, but with the largest part chosen between its two halves: opening alone puts a short bridge back.
    opened = binary_dilation(_largest_part(binary_erosion(solid)))
    return binary_fill_holes(_largest_part(opened | core))


def tissue_threshold(values: np.ndarray) -> float:
    """Intensity in the middle between fluid and grey matter, the darker two of three clusters (k-means).

    values : (n,) intensities in a brain. The clusters start at fixed percentiles, so that the same values give the
    same threshold.
    """
    values = values[:: max(1, len(values) // 100_000)].astype(float)
    start = np.percentile(values, (10, 50, 85))
    if not start[0] < start[1] < start[2]:
        return float(start[0])
    centres, _ = kmeans(values, start)
    return float(np.sort(centres)[:2].mean())


def _within(brain: np.ndarray, distance_mm: float, voxel_mm: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) bool: the brain and what lies up to `distance_mm` outside."""
    return distance_transform_edt(~brain, sampling=voxel_mm) <= distance_mm if distance_mm else brain


def _largest_part(mask: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) bool: of a mask's connected parts the one with the most voxels; itself where it is empty."""
    parts, n_parts = label(mask)
    return parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]) if n_parts else mask
