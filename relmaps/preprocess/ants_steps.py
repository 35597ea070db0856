"""ANTs, step by step, so that the same scan gives the same bytes on any number of jobs.

Three things together make ANTs repeat itself: one ITK thread, set before the library is loaded (so ants is imported
here alone); its deterministic mode with a seed; and Atropos without randomisation. Each registration writes into an
empty folder of its own, because `ants.registration` looks for its results by a file name pattern and would pick up a
neighbour's.
"""

import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

import tempfile
from contextlib import contextmanager
from pathlib import Path

import ants
import nibabel as nib
import numpy as np

LPS = np.diag([-1.0, -1.0, 1.0])  # ITK's axes point left and back, NIfTI's right and front
SEED = 1


@contextmanager
def scratch_folder():
    """An empty folder that takes all of ANTs' temporary files, and is removed with them."""
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(prefix="relmaps-") as folder:
        tempfile.tempdir = folder
        try:
            yield Path(folder)
        finally:
            tempfile.tempdir = before


def to_ants(image: nib.Nifti1Image, data: np.ndarray | None = None) -> ants.ANTsImage:
    """An ANTs image of a 3D NIfTI image, or of other data on its grid."""
    data = image.get_fdata(dtype=np.float32) if data is None else data
    spacing = nib.affines.voxel_sizes(image.affine)
    return ants.from_numpy(
        np.ascontiguousarray(data, dtype=np.float32),
        origin=tuple(LPS @ image.affine[:3, 3]),
        spacing=tuple(spacing),
        direction=LPS @ (image.affine[:3, :3] / spacing),
    )


def pad(image: ants.ANTsImage, voxels: int) -> ants.ANTsImage:
    """The image with a margin of zeros, so that a brain that touches its box can still be registered there."""
    return ants.pad_image(image, pad_width=[(voxels, voxels)] * 3)


def dilate(mask: ants.ANTsImage, margin_mm: float) -> ants.ANTsImage:
    """The mask and about `margin_mm` around it, at least one voxel."""
    return ants.morphology(mask, "dilate", max(1, round(margin_mm / min(mask.spacing))))


def correct_bias(image: ants.ANTsImage, mask: ants.ANTsImage) -> ants.ANTsImage:
    """N4 at a spacing of about 12 mm (6 voxels at most): the field is smooth, finer grids cost time without gain."""
    shrink = max(1, round(12 / float(np.mean(image.spacing))))
    return ants.n4_bias_field_correction(
        image, mask=mask, shrink_factor=min(shrink, 6), convergence={"iters": [50, 50, 50, 50], "tol": 1e-7}
    )


def align(fixed: ants.ANTsImage, moving: ants.ANTsImage, mask: ants.ANTsImage, folder: Path) -> str:
    """Path of an affine transform, fixed -> moving. Rigid first: an affine from the centres of mass can run away."""
    ants.config.set_ants_deterministic(True, SEED)
    transform = None
    for kind in ("Rigid", "Affine"):
        prefix = folder / kind
        prefix.mkdir()
        result = ants.registration(
            fixed,
            moving,
            kind,
            initial_transform=transform,
            mask=mask,
            mask_all_stages=True,
            aff_random_sampling_rate=0.5,  # the default of 0.2 leaves too few voxels of a coarse scan
            outprefix=f"{prefix}/",
        )
        transform = result["fwdtransforms"][0]
    return transform


def deform(fixed, moving, affine: str, mask, kind: str, iterations: tuple[int, ...], folder: Path) -> list[str]:
    """Paths [warp, affine] of the nonlinear registration, fixed -> moving, started at an affine transform.

    iterations : per level, coarse to fine, of `SyN`; `SyNQuick[s]` has its own.
    """
    ants.config.set_ants_deterministic(True, SEED)
    prefix = folder / "nonlinear"
    prefix.mkdir()
    kind = {"SyN": "SyNOnly", "SyNQuick[s]": "antsRegistrationSyNQuick[so]"}[kind]
    result = ants.registration(
        fixed, moving, kind, initial_transform=affine, mask=mask, reg_iterations=iterations, outprefix=f"{prefix}/"
    )
    # With a given initial transform the affine part may be missing from the list: name both here.
    warp = next(path for path in result["fwdtransforms"] if path.endswith("Warp.nii.gz"))
    return [warp, affine]


def warp_to(fixed, moving, transforms: list[str], interpolation: str = "linear") -> ants.ANTsImage:
    """A moving image on the grid of `fixed`."""
    return ants.apply_transforms(fixed, moving, transforms, interpolator=interpolation)


def warp_back(moving, fixed, transforms: list[str], interpolation: str = "linear") -> ants.ANTsImage:
    """An image in the space of `fixed` on the grid of `moving`: the inverse of [warp, affine], or of [affine]."""
    inverse = [path.replace("1Warp", "1InverseWarp") for path in reversed(transforms)]
    flags = [path.endswith(".mat") for path in inverse]
    return ants.apply_transforms(moving, fixed, inverse, interpolator=interpolation, whichtoinvert=flags)


def segment(image, mask, priors: list[ants.ANTsImage], folder: Path) -> list[ants.ANTsImage]:
    """Posterior probabilities of the priors' tissues, by Atropos (Avants et al. 2011), on the image's grid."""
    ants.config.set_ants_deterministic(True, SEED)
    # Atropos reads the priors from files, whose headers are rounded to single precision, but the image from memory.
    # Where the rounding changes the affine it finds no priors and fails; so the image goes through a file, too.
    ants.image_write(image, f"{folder}/image.nii.gz")
    image = ants.image_read(f"{folder}/image.nii.gz")
    priors = [ants.copy_image_info(image, prior) for prior in priors]
    mask = ants.copy_image_info(image, mask)
    result = ants.atropos(a=image, x=mask, i=priors, m="[0.1,1x1x1]", c="[5,0]", priorweight=0.25, r=0)
    return result["probabilityimages"]


def volume_ratio(template: ants.ANTsImage, transforms: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Volume in the scan per volume in the template, and its nonlinear part alone; (nx, ny, nz) each.

    transforms : [warp, affine] of template -> scan. Tissue probability times the first is tissue volume per template
    volume, so that its sum over the template is the tissue's volume in the scan.
    """
    nonlinear = ants.create_jacobian_determinant_image(template, transforms[0], do_log=False, geom=False).numpy()
    matrix = np.array(ants.read_transform(transforms[1]).parameters[:9]).reshape(3, 3)
    return nonlinear * abs(np.linalg.det(matrix)), nonlinear
