"""Training scans varied at random, as far as published: Wang et al. 2023 (NeuroImage 269:119929) and its released code.

The variations and the ranges are theirs: a left-right flip, a shift of up to 20 voxels along two axes, a zoom of 1.1 to
1.4, a rotation of up to 15 degrees, and Gaussian noise inside the brain. What is marked ASSUME is not published.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn.functional import affine_grid, grid_sample

# ASSUME: each variation is drawn on its own, all with one probability.
# ASSUME: two of the three axes are drawn for the shift of a scan, and one for its rotation.
# ASSUME: shifts, angles and zooms are uniform over their ranges; shifts and angles go both ways.
# ASSUME: the sd of the noise is a share of the sd of the scan itself inside the brain, so one value suits all features.


@dataclass(frozen=True)
class Augmentation:
    """How training scans are varied; the keys of classify.cnn.augmentation.

    probability : of each variation, per scan, independently. flip : left-right. shift_voxels : largest shift along each
    of two axes drawn per scan. zoom : lowest and highest factor, above 1 enlarges. rotation_degrees : largest rotation,
    about one axis drawn per scan. noise : sd of Gaussian noise inside the brain, in units of the scan's own sd there.
    A variation is off where its range is empty: false, 0, [1, 1], 0 and 0.
    """

    probability: float
    flip: bool
    shift_voxels: float
    zoom: tuple[float, float]
    rotation_degrees: float
    noise: float


@dataclass(frozen=True)
class Variation:
    """What is drawn for one scan; the default leaves it as it is.

    flip : left-right, before all else. shift : (3,) voxels along x, y, z. zoom : factor. axis, degrees : of the
    rotation; positive turns x to y (axis 2), y to z (0) or z to x (1). noise : sd in units of the scan's. noise_seed :
    of the noise.
    """

    flip: bool = False
    shift: tuple[float, float, float] = (0.0, 0.0, 0.0)
    zoom: float = 1.0
    axis: int = 0
    degrees: float = 0.0
    noise: float = 0.0
    noise_seed: int = 0

    @property
    def moves(self) -> bool:
        return any(self.shift) or self.zoom != 1 or self.degrees != 0


def augment(
    images: torch.Tensor, brain: torch.Tensor, settings: Augmentation, generator: torch.Generator
) -> torch.Tensor:
    """Scans (n, 1, nx, ny, nz) float32 in units of the feature, not yet scaled -> varied copies on the same device.

    brain : (nx, ny, nz) bool, on the device of the images. It moves with the scan, and noise is added where it comes to
    lie. The scan's own voxels above 0 would not do: a feature may be 0 inside the brain, as grey matter is in white.
    generator : on the CPU, for the choices, so that they are the same on every device and however scans are batched.
    The noise itself is drawn on the device. On the CPU the same seed and threads give the same bytes.
    A scan for which nothing is drawn keeps its bytes; a flip alone moves voxels without interpolation.
    """
    with torch.no_grad():
        return torch.stack([vary(scan, brain, sample_variation(settings, generator)) for scan in images])


def sample_variation(settings: Augmentation, generator: torch.Generator) -> Variation:
    """One scan's variation. It takes the same numbers from the generator whatever the settings are."""
    numbers = torch.rand(11, generator=generator, dtype=torch.float64).tolist()
    flips, shifts, zooms, rotates, disturbs = (number < settings.probability for number in numbers[:5])
    still, first, second, factor, axis, angle = numbers[5:]
    shift = [settings.shift_voxels * (2 * number - 1) for number in (first, second)]
    shift.insert(int(3 * still), 0.0)
    low, high = settings.zoom
    return Variation(
        flip=flips and settings.flip,
        shift=tuple(shift) if shifts else Variation.shift,
        zoom=low + factor * (high - low) if zooms else Variation.zoom,
        axis=int(3 * axis),
        degrees=settings.rotation_degrees * (2 * angle - 1) if rotates else Variation.degrees,
        noise=settings.noise if disturbs else Variation.noise,
        noise_seed=int(torch.randint(2**62, (), generator=generator)),
    )


def vary(scan: torch.Tensor, brain: torch.Tensor, variation: Variation) -> torch.Tensor:
    """One scan (1, nx, ny, nz), varied; brain as in augment."""
    volumes = torch.cat([scan, brain[None].to(scan.dtype)]) if variation.noise else scan
    if variation.flip:
        volumes = volumes.flip(1)
    if variation.moves:
        volumes = _move(volumes, variation)
    if variation.noise:
        moved, inside = volumes[:1], volumes[1:] > 0.5
        generator = torch.Generator(scan.device).manual_seed(variation.noise_seed)
        noise = torch.randn(moved.shape, generator=generator, device=scan.device, dtype=scan.dtype)
        volumes = torch.where(inside, moved + variation.noise * scan[:, brain].std(correction=0) * noise, moved)
    return volumes


def _move(volumes: torch.Tensor, variation: Variation) -> torch.Tensor:
    """(c, nx, ny, nz) rotated and zoomed about the centre of the grid, then shifted: trilinear, once, 0 from outside.

    A voxel at o, counted from the centre, takes the value at matrix @ (o - shift). affine_grid counts in half edges of
    the grid instead of voxels, and from the last axis to the first.
    """
    matrix = _rotation(variation.axis, variation.degrees).T / variation.zoom
    offset = -matrix @ torch.tensor(variation.shift, dtype=torch.float64)
    half = torch.tensor(volumes.shape[1:], dtype=torch.float64) / 2
    theta = torch.cat([(matrix * half / half[:, None]).flip(0, 1), (offset / half).flip(0)[:, None]], dim=1)
    # In float64: where torch may use TF32 on a GPU, float32 coordinates would be wrong by tenths of a voxel.
    where = affine_grid(theta[None].to(volumes.device), [1, *volumes.shape], align_corners=False)
    where = where.to(volumes.dtype)
    return grid_sample(volumes[None], where, mode="bilinear", padding_mode="zeros", align_corners=False)[0]


def _rotation(axis: int, degrees: float) -> torch.Tensor:
    """(3, 3) float64."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3, dtype=torch.float64)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix
