"""What disease and age do to the phantom, and the truth map that follows from it."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from relmaps.cohort.deformation import exponential, jacobian, velocity_of
from relmaps.cohort.phantom import Phantom
from relmaps.images import Grid

LOSS_PER_SEVERITY = 0.1  # relative volume rate at the centre of a region of loss 1 and severity 1
AGEING_PER_YEAR = (
    0.004  # ASSUME: relative loss of grey matter per year of age, everywhere; about .4 % in healthy ageing
)
VENTRICLES = {"centre": (0.0, -15.0, 12.0), "radii": (28.0, 48.0, 26.0)}  # mm, MNI: the box of the lateral ventricles
REACH_MM = 60.0  # ASSUME: FWHM of the neighbourhood whose sulci and ventricles take the place of lost tissue


@dataclass(frozen=True)
class Effects:
    """Velocity fields, (3, nx, ny, nz) mm on the phantom's field grid, of template -> subject.

    left, right : disease of severity 1 on either side. ageing : one year of age. ventricles : one unit of enlargement.
    """

    left: np.ndarray
    right: np.ndarray
    ageing: np.ndarray
    ventricles: np.ndarray


def build_effects(phantom: Phantom, regions: list[dict]) -> Effects:
    """Fields whose divergence is minus the wanted loss, with fluid nearby expanding by the same volume.

    regions : dicts with centre (mm, MNI, on the right), radii (mm) and loss; mirrored to the left.
    """
    grid, tissues = phantom.field_grid, phantom.field_tissues
    voxel_mm = float(grid.voxel_mm[0])
    coordinates = grid.coordinates()

    def disease(side: int) -> np.ndarray:
        loss = np.zeros(grid.shape)
        for region in regions:
            centre = np.array(region["centre"], dtype=float) * (side, 1, 1)
            loss = np.maximum(loss, region["loss"] * _ellipsoid(coordinates, centre, region["radii"]))
        return velocity_of(_balanced(LOSS_PER_SEVERITY * loss * tissues["gm"], tissues["csf"], voxel_mm), voxel_mm)

    ventricles = tissues["csf"] * _ellipsoid(coordinates, np.array(VENTRICLES["centre"]), VENTRICLES["radii"])
    enlargement = -0.5 * gaussian_filter(ventricles, 1)
    ageing = AGEING_PER_YEAR * tissues["gm"]
    return Effects(
        left=disease(-1),
        right=disease(1),
        ageing=velocity_of(_balanced(ageing, tissues["csf"], voxel_mm), voxel_mm),
        ventricles=velocity_of(_balanced(enlargement, tissues["wm"] + tissues["gm"], voxel_mm), voxel_mm),
    )


def expected_loss(effects: Effects, phantom: Phantom, severity: float, spread: float) -> np.ndarray:
    """(nx, ny, nz) on the field grid: expected relative loss of volume, 1 - E[Jacobian], over the disease group.

    Severity is lognormal with median `severity` and log standard deviation `spread`; the expectation is a 5-point
    Gauss-Hermite sum, the same node on both sides. A voxel sees its own side only, except within a few millimetres of
    the midline, where the losses of a region and its mirror image add and the two severities are taken as equal.
    """
    voxel_mm = float(phantom.field_grid.voxel_mm[0])
    nodes, weights = np.polynomial.hermite_e.hermegauss(5)
    mean_jacobian = sum(
        weight
        * jacobian(exponential(severity * np.exp(spread * node) * (effects.left + effects.right), voxel_mm), voxel_mm)
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


def _ellipsoid(coordinates: np.ndarray, centre: np.ndarray, radii) -> np.ndarray:
    """(nx, ny, nz): 1 inside, falling smoothly to 0 at 1.5 radii."""
    offsets = (coordinates - np.reshape(centre, (3, 1, 1, 1))) / np.reshape(radii, (3, 1, 1, 1))
    edge = np.clip((1.5 - np.sqrt((offsets**2).sum(axis=0))) / 0.5, 0, 1)
    return edge**2 * (3 - 2 * edge)


def _balanced(loss: np.ndarray, absorber: np.ndarray, voxel_mm: float) -> np.ndarray:
    """(nx, ny, nz) divergence: minus the loss, plus the same volume in the absorbing tissue nearby."""
    sigma = REACH_MM / np.sqrt(8 * np.log(2)) / voxel_mm
    near = absorber * gaussian_filter(loss, sigma)
    return near * (loss.sum() / near.sum()) - loss
