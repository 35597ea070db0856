"""Ellipsoids and tubes with their distance functions, and how they are painted over tissue fractions."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from relmaps.space.grid import Grid

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Ellipsoid:
    """centre, radii : mm, template space."""

    centre: Point
    radii: tuple[float, ...]

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner of the box around it, (3,) mm each."""
        return np.subtract(self.centre, self.radii), np.add(self.centre, self.radii)

    def distance(self, x, y, z) -> np.ndarray:
        """Approximate signed distance of each point in mm, negative inside; exact on the surface to first order."""
        offsets = [part - np.float32(c) for part, c in zip((x, y, z), self.centre, strict=True)]
        near = np.sqrt(sum((o / np.float32(r)) ** 2 for o, r in zip(offsets, self.radii, strict=True)))
        slope = np.sqrt(sum((o / np.float32(r**2)) ** 2 for o, r in zip(offsets, self.radii, strict=True)))
        near = np.maximum(near, np.float32(1e-3))  # at the centre itself both are 0
        return near * (near - 1) / np.maximum(slope, np.float32(1e-6))


@dataclass(frozen=True)
class Tube:
    """Round tube along a line of straight pieces.

    points : corners, mm, template space. radii : mm at each corner, linear in between.
    """

    points: tuple[Point, ...]
    radii: tuple[float, ...]

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper corner of the box around it, (3,) mm each."""
        reach = np.array(self.radii)[:, None]
        return (np.array(self.points) - reach).min(axis=0), (np.array(self.points) + reach).max(axis=0)

    def distance(self, x, y, z) -> np.ndarray:
        """Signed distance of each point in mm, negative inside."""
        pieces = zip(pairwise(self.points), pairwise(self.radii), strict=True)
        return np.minimum.reduce([_piece(start, end, radii, x, y, z) for (start, end), radii in pieces])


def _piece(start, end, radii, x, y, z) -> np.ndarray:
    along = np.subtract(end, start).astype(np.float32)
    offsets = [part - np.float32(s) for part, s in zip((x, y, z), start, strict=True)]
    share = np.clip(sum(o * a for o, a in zip(offsets, along, strict=True)) / (along @ along), 0, 1)
    apart = np.sqrt(sum((o - share * a) ** 2 for o, a in zip(offsets, along, strict=True)))
    return apart - (np.float32(radii[0]) + share * np.float32(radii[1] - radii[0]))


Shape = Ellipsoid | Tube


def thinner(shape: Shape, wall_mm: float) -> Shape:
    """The same shape, smaller by the thickness of its wall."""
    radii = tuple(float(r - wall_mm) for r in shape.radii)
    return Ellipsoid(shape.centre, radii) if isinstance(shape, Ellipsoid) else Tube(shape.points, radii)


def mirrored(shape: Shape) -> Shape:
    """The same shape on the other side of the midline."""
    if isinstance(shape, Ellipsoid):
        return Ellipsoid((-shape.centre[0], *shape.centre[1:]), shape.radii)
    return Tube(tuple((-x, y, z) for x, y, z in shape.points), shape.radii)


def make_axes(grid: Grid, window: tuple[slice, ...] | None = None) -> list[np.ndarray]:
    """Positions along x, y and z in mm, float32, shaped (nx, 1, 1), (1, ny, 1) and (1, 1, nz) to broadcast."""
    lines = [grid.affine[i, 3] + grid.affine[i, i] * np.arange(n) for i, n in enumerate(grid.shape)]
    lines = [line[part] for line, part in zip(lines, window, strict=True)] if window else lines
    return [
        line.astype(np.float32).reshape([-1 if i == axis else 1 for i in range(3)]) for axis, line in enumerate(lines)
    ]


def coverage(distance: np.ndarray, voxel_mm: float) -> np.ndarray:
    """Share of each voxel inside a surface, 0..1, from the signed distance of its centre in mm."""
    return np.clip(np.float32(0.5) - distance / np.float32(voxel_mm), 0, 1)


def find_window(shape: Shape, grid: Grid, margin_mm: float) -> tuple[slice, ...]:
    """The part of the grid around a shape, with a margin; it may be empty."""
    voxel_mm = float(grid.voxel_mm[0])
    low, high = shape.bounds()
    low = np.floor((low - margin_mm - grid.affine[:3, 3]) / voxel_mm).astype(int)
    high = np.ceil((high + margin_mm - grid.affine[:3, 3]) / voxel_mm).astype(int) + 1
    low, high = (np.clip(edge, 0, grid.shape) for edge in (low, high))
    return tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))


def paint(tissues: dict[str, np.ndarray], grid: Grid, name: str | None, shape: Shape) -> None:
    """Fill a shape with a tissue, in place; what lay there makes room. A name of None leaves air."""
    voxel_mm = float(grid.voxel_mm[0])
    window = find_window(shape, grid, voxel_mm)
    inside = coverage(shape.distance(*make_axes(grid, window)), voxel_mm)
    for part in tissues.values():
        part[window] *= 1 - inside
    if name:
        tissues[name][window] += inside
