"""Scan protocols: voxels, field of view and storage order, and where in it the head lies."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

MIXED, BOX = "mixed", "box"  # one of PROTOCOLS per scan; today's box around the template, without a neck
BRAIN_MARGIN_MM = 8.0  # least room between the outermost points of the brain, 2 mm exact, and the edge of the image
TOP_MM = 22.0  # ASSUME: up to so much more room above, so that most scans show the scalp and some cut it off
# ASSUME: heads of older adults have 1,450 ml inside the skull on average (the template: 1,886), so that they are this
# much shorter along each axis. The plain box keeps the template's size.
HEAD_SIZE = (1450 / 1886) ** (1 / 3)
MIN_VOXELS = 16  # along each axis, however large the voxels are


class Protocol(NamedTuple):
    """One way to scan a head; axes are left-right, back-front and down-up of the scanner's box.

    sides, extent : voxel and field of view, mm. stored : axis codes of the file. slices : axis across the slices.
    oblique : largest turns of the box about the three axes, degrees.
    above : range of the brain's middle above the middle of the field of view, mm. ahead : the same, to the front, +-.
    """

    sides: tuple[float, float, float]
    extent: tuple[float, float, float]
    stored: str
    slices: int
    oblique: tuple[float, float, float]
    above: tuple[float, float]
    ahead: float


# ASSUME: typical fields of view and positions of ADNI's MPRAGE, of IXI and of a clinical scan with thick axial slices.
PROTOCOLS = {
    "adni": Protocol((1.2, 1, 1), (204, 240, 256), "ASL", 0, (5, 3, 3), (20, 60), 20),
    "ixi": Protocol((1.2, 0.9375, 0.9375), (180, 240, 240), "PSR", 0, (5, 3, 3), (20, 60), 20),
    "clinical": Protocol((1, 1, 3), (240, 240, 195), "LAS", 2, (20, 5, 5), (-10, 30), 20),
}


@dataclass(frozen=True)
class Placement:
    """Where the scanner's voxels lie in the template.

    shape : voxels along left-right, back-front, down-up. affine : (4, 4) voxel -> scanner mm, RAS+.
    pose : (4, 4) scanner mm -> template mm. stored : axis codes of the file. slices : axis across the slices.
    """

    shape: tuple[int, ...]
    affine: np.ndarray
    pose: np.ndarray
    stored: str
    slices: int

    @property
    def sides(self) -> np.ndarray:
        """(3,) mm, voxel."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)


def sample_protocol(name: str, rng) -> Protocol:
    """The protocol of that name, or with MIXED any of them."""
    return PROTOCOLS[str(rng.choice(list(PROTOCOLS))) if name == MIXED else name]


def place_in_box(extent: np.ndarray, centre: np.ndarray, voxel_mm: float, rng) -> Placement:
    """Today's upright box of `extent`, (3,) mm, with cubic voxels and the head near its middle."""
    shape = tuple(int(n) for n in np.ceil(extent / voxel_mm))
    pose = np.eye(4)
    pose[:3, :3] = _turn_and_size(rng)
    pose[:3, 3] = centre + rng.normal(0, 4, 3).clip(-10, 10)
    return Placement(shape, _box_affine(np.eye(3), np.full(3, voxel_mm), shape), pose, "LAS", 2)


def place(protocol: Protocol, brain_mm: np.ndarray, voxel_mm: float, rng, extra) -> Placement:
    """Pose of the head and field of view of one scan; the brain stays in it with BRAIN_MARGIN_MM to spare.

    brain_mm : (n, 3) mm, points all over the brain's surface, template space.
    rng, extra : generators; extra draws what scans in the plain box lack.
    A field of view that is too small for the brain as it lies gets more voxels.
    """
    turn = _turn_and_size(rng) / HEAD_SIZE
    sideways = rng.normal(0, 4, 3).clip(-10, 10)[0]
    if extra.random() < 0.25:  # ASSUME: a quarter of the heads nods, with the chin up or down
        turn = Rotation.from_euler("x", extra.uniform(-16, 16), degrees=True).as_matrix() @ turn
    oblique = Rotation.from_euler("xyz", extra.uniform(-1, 1, 3) * protocol.oblique, degrees=True).as_matrix()
    wanted = np.array([sideways, extra.uniform(-1, 1) * protocol.ahead, extra.uniform(*protocol.above)])

    sides = np.maximum(protocol.sides, voxel_mm)
    middle = brain_mm.mean(axis=0)
    lying = (brain_mm - middle) @ np.linalg.inv(turn).T @ oblique  # the box's axes, from the brain's middle
    low, high = lying.min(axis=0), lying.max(axis=0)
    needed = high - low + 2 * BRAIN_MARGIN_MM
    counts = np.maximum(np.rint(np.array(protocol.extent) / sides), np.ceil(needed / sides + 1e-6))
    shape = tuple(int(n) for n in np.maximum(counts, MIN_VOXELS))
    spare = (np.array(shape) * sides - needed) / 2
    spare[2] = max(spare[2] - extra.uniform(0, TOP_MM), 0)
    offset = wanted.clip(-spare, spare) - (low + high) / 2
    pose = np.eye(4)
    pose[:3, :3] = turn
    pose[:3, 3] = middle - turn @ oblique @ offset
    return Placement(shape, _box_affine(oblique, sides, shape), pose, protocol.stored, protocol.slices)


def _turn_and_size(rng) -> np.ndarray:
    """(3, 3): scanner -> template, with turns of about 4 degrees and sizes within 4 % per axis."""
    rotation = Rotation.from_euler("xyz", rng.normal(0, 4, 3).clip(-10, 10), degrees=True).as_matrix()
    return rotation @ np.diag(np.exp(rng.normal(0, 0.03) + rng.normal(0, 0.02, 3)))


def _box_affine(turn: np.ndarray, sides: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """(4, 4): voxel -> scanner mm, with the scanner's origin at the middle of the box."""
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag(sides)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return affine
