"""Where a disease takes grey matter: ellipsoids, foci of a literature or a map, as relative loss on either side."""

import nibabel as nib
import numpy as np
from scipy.ndimage import map_coordinates

from relmaps.io.errors import UserError
from relmaps.io.foreign import read_foreign_map
from relmaps.reference.foci import check_millimetres
from relmaps.reference.sleuth import read_sleuth
from relmaps.space.grid import Grid


def compute_losses(regions: dict, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Relative loss on the left and on the right, (nx, ny, nz) each on `grid`.

    regions : source, path and fwhm_mm as in cohort.synthetic_atrophy.regions, and the list `ellipsoids`. Those are
    given on the right and mirrored, with the loss given; where a region crosses the midline both sides have it. Foci
    and maps are as they are, cut at the midline, and 1 where they are strongest. Raises UserError that names
    a file without a loss.
    """
    coordinates = grid.coordinates()
    if regions["source"] == "ellipsoids":
        left, right = (_of_ellipsoids(regions["ellipsoids"], coordinates, side) for side in (-1, 1))
        return left, right
    if regions["source"] == "foci":
        loss = _of_foci(regions["path"], regions["fwhm_mm"], coordinates)
    else:
        loss = _of_map(regions["path"], coordinates)
    if loss.max() <= 0:
        raise UserError(f"{regions['path']}: no loss lies inside the template's box; check its space and sign")
    loss /= loss.max()
    right = coordinates[0] > 0
    return loss * ~right, loss * right


def ellipsoid(coordinates: np.ndarray, centre: np.ndarray, radii) -> np.ndarray:
    """(nx, ny, nz): 1 inside, falling smoothly to 0 at 1.5 radii. coordinates : (3, nx, ny, nz) mm."""
    offsets = (coordinates - np.reshape(centre, (3, 1, 1, 1))) / np.reshape(radii, (3, 1, 1, 1))
    edge = np.clip((1.5 - np.sqrt((offsets**2).sum(axis=0))) / 0.5, 0, 1)
    return edge**2 * (3 - 2 * edge)


def _of_ellipsoids(regions: list[dict], coordinates: np.ndarray, side: int) -> np.ndarray:
    loss = np.zeros(coordinates.shape[1:])
    for region in regions:
        centre = np.array(region["centre"], dtype=float) * (side, 1, 1)
        loss = np.maximum(loss, region["loss"] * ellipsoid(coordinates, centre, region["radii"]))
    return loss


def _of_foci(path: str, fwhm_mm: float, coordinates: np.ndarray) -> np.ndarray:
    """The largest of the Gaussians around the foci: a place that many report is not lost more than once.

    A focus outside the box is none of the brain's, and its tail must not become the whole disease.
    """
    sigma = fwhm_mm / np.sqrt(8 * np.log(2))
    loss = np.zeros(coordinates.shape[1:])
    low, high = (edge(coordinates, axis=(1, 2, 3)) for edge in (np.min, np.max))
    experiments = read_sleuth(path)
    check_millimetres(experiments, path)
    for experiment in experiments:
        if experiment.space != "MNI":
            raise UserError(f"{path}: its foci are in Talairach space; give them in MNI space for synthetic atrophy")
        for focus in experiment.foci[((experiment.foci >= low) & (experiment.foci <= high)).all(axis=1)]:
            distance = ((coordinates - np.reshape(focus, (3, 1, 1, 1))) ** 2).sum(axis=0)
            loss = np.maximum(loss, np.exp(-distance / (2 * sigma**2)))
    return loss


def _of_map(path: str, coordinates: np.ndarray) -> np.ndarray:
    """A map at the given places by linear interpolation, 0 outside it; negative values are no loss."""
    image = nib.as_closest_canonical(read_foreign_map(path))
    back = np.linalg.inv(image.affine)
    positions = np.einsum("ij,j...->i...", back[:3, :3], coordinates) + back[:3, 3, None, None, None]
    return np.maximum(map_coordinates(image.get_fdata(dtype=np.float32), positions, order=1, cval=0.0), 0).astype(float)
