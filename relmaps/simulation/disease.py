"""What disease and age do to the template's tissues, and the ground truth that follows from it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from relmaps.simulation.deformation import compute_velocity, exponential, jacobian
from relmaps.simulation.phantom import Tissues
from relmaps.simulation.regions import ellipsoid
from relmaps.space.grid import Grid

LOSS_PER_SEVERITY = 0.1  # relative volume rate at the centre of a region of loss 1 and severity 1
AGEING_PER_YEAR = (
    0.004  # ASSUME: relative loss of grey matter per year of age, everywhere; about .4 % in healthy ageing
)
VENTRICLES = {"centre": (0.0, -15.0, 12.0), "radii": (28.0, 48.0, 26.0)}  # mm, MNI: the box of the lateral ventricles
REACH_MM = 60.0  # ASSUME: FWHM of the neighbourhood whose sulci and ventricles take the place of lost tissue


@dataclass(frozen=True)
class Effects:
    """Velocity fields, (3, nx, ny, nz) mm on the grid of the tissues, of template -> subject.

    left, right : disease of severity 1 on either side. ageing : one year of age. ventricles : one unit of enlargement.
    """

    left: np.ndarray
    right: np.ndarray
    ageing: np.ndarray
    ventricles: np.ndarray


def build_effects(tissues: Tissues, losses: tuple[np.ndarray, np.ndarray]) -> Effects:
    """Fields whose divergence is minus the wanted loss, with fluid nearby expanding by the same volume.

    losses : relative loss on the left and on the right, (nx, ny, nz) each on the grid of the tissues.
    """
    voxel_mm, fractions = tissues.voxel_mm, tissues.fractions
    box = ellipsoid(tissues.grid.coordinates(), np.array(VENTRICLES["centre"]), VENTRICLES["radii"])
    enlargement = -0.5 * gaussian_filter(fractions["csf"] * box, 1)
    ageing = AGEING_PER_YEAR * fractions["gm"]
    left, right = (disease_field(tissues, loss) for loss in losses)
    return Effects(
        left=left,
        right=right,
        ageing=compute_velocity(_balanced(ageing, fractions["csf"], voxel_mm), voxel_mm),
        ventricles=compute_velocity(_balanced(enlargement, fractions["wm"] + fractions["gm"], voxel_mm), voxel_mm),
    )


def disease_field(tissues: Tissues, loss: np.ndarray) -> np.ndarray:
    """(3, nx, ny, nz) mm: velocity field of a disease of severity 1 that takes `loss`, (nx, ny, nz), of grey matter."""
    rate = LOSS_PER_SEVERITY * loss * tissues.fractions["gm"]
    return compute_velocity(_balanced(rate, tissues.fractions["csf"], tissues.voxel_mm), tissues.voxel_mm)


def expected_loss(disease: np.ndarray, voxel_mm: float, severity: float, spread: float) -> np.ndarray:
    """(nx, ny, nz) on the field's grid: expected relative loss of volume, 1 - E[Jacobian], over the disease group.

    disease : (3, nx, ny, nz) mm, the fields of both sides together.
    Severity is lognormal with median `severity` and log standard deviation `spread`; the expectation is a 5-point
    Gauss-Hermite sum, the same node on both sides. A voxel sees its own side only, except within a few millimetres of
    the midline, where the losses of a region and its mirror image add and the two severities are taken as equal.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    mean_jacobian = sum(
        weight * jacobian(exponential(severity * np.exp(spread * node) * disease, voxel_mm), voxel_mm)
        for node, weight in zip(nodes, weights / weights.sum(), strict=True)
    )
    return 1 - mean_jacobian


def truth_on(loss: np.ndarray, loss_grid: Grid, gm: np.ndarray, grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32 on the study's grid: expected loss of grey matter, as a fraction of the voxel's volume.

    loss : relative loss on `loss_grid`. gm : (nx, ny, nz) template grey matter fraction on `grid`. The few voxels where
    neighbouring fluid stretches grey matter would be gains and are set to 0.
    """
    world = np.moveaxis(grid.coordinates(), 0, -1) - loss_grid.affine[:3, 3]
    positions = np.moveaxis(world @ np.linalg.inv(loss_grid.affine[:3, :3]).T, -1, 0)
    return np.maximum(gm * map_coordinates(loss, positions, order=1), 0).astype(np.float32)


def _balanced(loss: np.ndarray, absorber: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(nx, ny, nz) divergence: minus the loss, plus the same volume in the absorbing tissue nearby."""
    sigma = REACH_MM / np.sqrt(8 * np.log(2)) / voxel_mm
    near = absorber * gaussian_filter(loss, sigma)
    if not near.sum():  # nothing is lost
        return -loss
    return near * (loss.sum() / near.sum()) - loss
