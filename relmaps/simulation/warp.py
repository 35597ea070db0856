"""A disease defined in template space, carried into the space of one real scan."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np
from scipy.ndimage import distance_transform_edt, map_coordinates, spline_filter

from relmaps.space.grid import Grid

STEP_MM = 2.0  # of the grid on which the displacement of a scan is worked out; it is smooth


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Which point of the scan is which point of the template, by displacements in mm, RAS+.

    to_template : (3, nx, ny, nz) on `scan_grid`. to_scan : (3, nx, ny, nz) on `template_grid`.
    """

    scan_grid: Grid
    to_template: np.ndarray
    template_grid: Grid
    to_scan: np.ndarray


def displacement_in_scan(where: Correspondence, disease: np.ndarray, disease_grid: Grid) -> np.ndarray:
    """(3, nx, ny, nz) mm on `where.scan_grid`: where each point of the ill scan finds its tissue in the well one.

    disease : (3, nx, ny, nz) mm in template space: displacement from a point of the ill template to that of the well
    one. With A the map scan -> template, a point p of the ill scan takes the tissue of A^-1(A(p) + disease(A(p))).
    It is worked out as p + A^-1(A(p) + disease) - A^-1(A(p)), so that registration, whose two directions are inverse to
    each other only up to interpolation, moves nothing where there is no disease.
    """
    points = where.scan_grid.coordinates() + where.to_template
    moved = points + sample(disease, disease_grid, points)
    start, end = (at + sample(where.to_scan, where.template_grid, at) for at in (points, moved))
    return end - start


def sample(field: np.ndarray, grid: Grid, points: np.ndarray) -> np.ndarray:
    """(3, nx, ny, nz): a vector field on `grid` at points (3, nx, ny, nz) in mm, linear, its border value outside."""
    positions = _voxels(grid.affine, points)
    return np.stack([map_coordinates(part, positions, order=1, mode="nearest") for part in field])


def deform_scan(
    scan: nib.Nifti1Image, displacement: np.ndarray, grid: Grid, shift: np.ndarray, stripped: bool
) -> nib.Nifti1Image:
    """The scan as it is at x + displacement(x), resampled once with cubic splines, float32.

    displacement : (3, nx, ny, nz) mm on `grid`. shift : (3,) in voxels, by which the new grid lies off the scan's: well
    scans go through the same interpolation as ill ones, so that its blur tells nothing. The affine says where the new
    voxels are. stripped : exact zeros around the brain stay exact zeros.
    """
    affine = scan.affine.copy()
    affine[:3, 3] = (scan.affine @ [*shift, 1])[:3]
    data = scan.get_fdata(dtype=np.float32)
    inside = (data > 0).astype(np.float32)
    if stripped:  # splines would ring at the cut edge: carry the brain's outermost values on
        data = data[tuple(distance_transform_edt(inside == 0, return_distances=False, return_indices=True))]
    coefficients = spline_filter(data, order=3, output=np.float32, mode="mirror")
    moved = np.empty_like(data)
    low, high = data.min(), data.max()
    for z in range(data.shape[2]):  # a slice at a time: positions of all voxels would take more memory than the scan
        indices = np.indices((*data.shape[:2], 1), dtype=float)
        indices[2] += z
        points = np.einsum("ij,j...->i...", affine[:3, :3], indices) + affine[:3, 3, None, None, None]
        positions = _voxels(scan.affine, points + sample(displacement, grid, points))
        values = map_coordinates(coefficients, positions, order=3, prefilter=False, mode="mirror")
        values = np.clip(values, low, high)
        if stripped:
            values = values * (map_coordinates(inside, positions, order=1) > 0.5)
        moved[:, :, z] = values[..., 0]
    return nib.Nifti1Image(moved, affine)


def _voxels(affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    back = np.linalg.inv(affine)
    return np.einsum("ij,j...->i...", back[:3, :3], points) + back[:3, 3, None, None, None]
