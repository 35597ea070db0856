"""Boxes of voxels: cut out the part of an image that matters, and put a result back where it came from."""

from dataclasses import dataclass

import nibabel as nib
import numpy as np


@dataclass(frozen=True)
class Box:
    """Voxels low <= index < high along each axis of an image; the box may reach beyond the image."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(high - low for low, high in zip(self.low, self.high, strict=True))

    def cut(self, data: np.ndarray) -> np.ndarray:
        """The box's part of an image, zero where the box reaches beyond it."""
        part = np.zeros(self.shape, dtype=data.dtype)
        here, there = self._overlap(data.shape)
        part[here] = data[there]
        return part

    def paste(self, part: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """An image of the given shape with the box's part in its place and zero elsewhere."""
        data = np.zeros(shape, dtype=part.dtype)
        here, there = self._overlap(shape)
        data[there] = part[here]
        return data

    def cut_image(self, image: nib.Nifti1Image) -> nib.Nifti1Image:
        """`cut` of a 3D image, float32, every voxel at its place in the world."""
        affine = image.affine.copy()
        affine[:3, 3] = (image.affine @ [*self.low, 1])[:3]
        return nib.Nifti1Image(self.cut(np.asarray(image.dataobj, dtype=np.float32)), affine)

    def _overlap(self, shape: tuple[int, ...]) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
        """The part of the box inside an image, in indices of the box and of the image."""
        first = [max(low, 0) for low in self.low]
        last = [min(high, n) for high, n in zip(self.high, shape, strict=True)]
        here = tuple(slice(a - low, max(a, b) - low) for a, b, low in zip(first, last, self.low, strict=True))
        return here, tuple(slice(a, max(a, b)) for a, b in zip(first, last, strict=True))


def box_around(inside: np.ndarray, voxel_mm: np.ndarray, margin_mm: float) -> Box:
    """The smallest box around the true voxels, with a margin.

    inside : (nx, ny, nz) bool, true somewhere. voxel_mm : (3,).
    """
    margin = np.ceil(margin_mm / np.asarray(voxel_mm)).astype(int)
    low, high = [], []
    for axis in range(3):
        where = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        low.append(int(where[0] - margin[axis]))
        high.append(int(where[-1] + 1 + margin[axis]))
    return Box(tuple(low), tuple(high))
