"""ANTs, step by step, so that the same scan gives the same bytes on any number of jobs.

Three things together make ANTs repeat itself: one ITK thread, set before the library is loaded (so ants is imported
here alone); its deterministic mode with a seed; and Atropos without randomisation. Each registration writes into an
empty folder of its own, because `ants.registration` looks for its results by a file name pattern and would pick up a
neighbour's.
"""

import os

os.environ["ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"] = "1"

from pathlib import Path

import ants
import nibabel as nib
import numpy as np
from scipy.spatial.transform import Rotation

Image = ants.ANTsImage  # other modules name the type by this and do not import ants, which must see the line above
LPS = np.diag([-1.0, -1.0, 1.0])  # ITK's axes point left and back, NIfTI's right and front
SEED = 1
BIAS_MESH_MM = 200  # at the first of four levels, each of which halves it; the width that ANTs' own scripts take
BIAS_RIM_MM = 4.0
BIAS_VOXEL_MM = 8.0  # 12 leave a third more variation in the white matter of real scans
# Name in the configuration -> the same registration without its linear stages, which `align` has done.
NONLINEAR = {
    "SyN": "SyNOnly",
    "SyNQuick[s]": "antsRegistrationSyNQuick[so]",
    "SyNQuickRepro[s]": "antsRegistrationSyNQuickRepro[so]",
}


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


def coarsen(image: ants.ANTsImage, voxel_mm: float) -> ants.ANTsImage:
    """The image on isotropic voxels of `voxel_mm`, averaged over them; itself where it is as coarse already."""
    if min(image.spacing) > 0.99 * voxel_mm:
        return image
    sigma = [np.sqrt(max(voxel_mm**2 - old**2, 0)) / np.sqrt(8 * np.log(2)) for old in image.spacing]
    smooth = ants.smooth_image(image, sigma, sigma_in_physical_coordinates=True)
    return ants.resample_image(smooth, (voxel_mm,) * 3, use_voxels=False, interp_type=0)


def dilate(mask: ants.ANTsImage, margin_mm: float) -> ants.ANTsImage:
    """Where the mask is above one half, and about `margin_mm` around it along its coarsest axis, at least one voxel."""
    binary = (mask > 0.5).clone("float")  # of the bytes that a comparison gives, morphology makes something else
    return ants.morphology(binary, "dilate", max(1, round(margin_mm / max(mask.spacing))))


def correct_bias(image: ants.ANTsImage, mask: ants.ANTsImage, voxel_mm: float = BIAS_VOXEL_MM) -> ants.ANTsImage:
    """N4 in the mask and a rim around it, at a spacing of about `voxel_mm` (6 voxels at most), as the field is smooth.

    The spline's mesh has a width in mm: left to N4 it is a share of the image, and in a tight box fits the tissue.
    Voxels of almost nothing are left out: N4 works on logarithms, to which the cut edge of a skull-stripped brain,
    mixed with zeros, is a bottomless hole.
    """
    within = image.numpy()[mask.numpy() > 0.5]
    solid = image > 0.1 * float(np.median(within)) if within.size else image > 0
    shrink = max(1, round(voxel_mm / float(np.mean(image.spacing))))
    return ants.n4_bias_field_correction(
        image,
        mask=dilate(mask, BIAS_RIM_MM) * solid,
        shrink_factor=min(shrink, 6),
        spline_param=BIAS_MESH_MM,
        convergence={"iters": [50, 50, 50, 50], "tol": 1e-7},
    )


def align_once(fixed: Image, moving: Image, mask: Image | None, initial: str | None, folder: Path) -> str:
    """Path of an affine transform, fixed -> moving; rigid first. initial : path of the transform to start from."""
    ants.config.set_ants_deterministic(True, SEED)
    transform = initial
    for kind in ("Rigid", "Affine"):
        prefix = folder / kind
        prefix.mkdir(parents=True)
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


def turned_start(fixed: Image, moving: Image, turn: Rotation, folder: Path) -> str:
    """Path of a rigid transform, fixed -> moving, that puts the centres of mass on each other and turns the head.

    turn : about the axes to the right, front and top.
    """
    start = ants.create_ants_transform(
        transform_type="Euler3DTransform",
        center=ants.get_center_of_mass(fixed),
        translation=np.subtract(ants.get_center_of_mass(moving), ants.get_center_of_mass(fixed)),
        matrix=LPS @ turn.as_matrix() @ LPS,
    )
    ants.write_transform(start, f"{folder}/start.mat")
    return f"{folder}/start.mat"


def read_matrix(affine: str) -> np.ndarray:
    """(3, 3) of an affine transform's file, mm in `fixed` -> mm in `moving`, in ITK's axes."""
    return np.array(ants.read_transform(affine).parameters[:9]).reshape(3, 3)


def determinant(affine: str) -> float:
    """Volume in `moving` per volume in `fixed`, of an affine transform's file."""
    return float(abs(np.linalg.det(read_matrix(affine))))


def deform(fixed, moving, affine: str, mask, kind: str, iterations: tuple[int, ...], folder: Path) -> list[str]:
    """Paths [warp, affine] of the nonlinear registration, fixed -> moving, started at an affine transform.

    mask : voxels of `fixed` that count, or None for all. iterations : per level, coarse to fine, of `SyN`;
    `SyNQuick[s]` and `SyNQuickRepro[s]` have their own. folder : a new folder for the transforms.
    """
    ants.config.set_ants_deterministic(True, SEED)
    folder.mkdir()
    kind = NONLINEAR[kind]
    result = ants.registration(
        fixed, moving, kind, initial_transform=affine, mask=mask, reg_iterations=iterations, outprefix=f"{folder}/"
    )
    # With a given initial transform the affine part may be missing from the list: name both here.
    warp = next(path for path in result["fwdtransforms"] if path.endswith("Warp.nii.gz"))
    return [warp, affine]


def warp_to(fixed, moving, transforms: list[str]) -> ants.ANTsImage:
    """A moving image on the grid of `fixed`, by linear interpolation."""
    return ants.apply_transforms(fixed, moving, transforms, interpolator="linear")


def warp_back(moving, fixed, transforms: list[str], interpolation: str = "linear") -> ants.ANTsImage:
    """An image in the space of `fixed` on the grid of `moving`: the inverse of [warp, affine], or of [affine]."""
    inverse, flags = _inverse(transforms)
    return ants.apply_transforms(moving, fixed, inverse, interpolator=interpolation, whichtoinvert=flags)


def resample_like(image: Image, target: Image) -> ants.ANTsImage:
    """An image on the grid of another one, by linear interpolation; 0 outside."""
    return ants.resample_image_to_target(image, target, interp_type="linear")


def _inverse(transforms: list[str]) -> tuple[list[str], list[bool]]:
    """The inverse of [warp, affine] or [affine], as `ants.apply_transforms` wants it."""
    inverse = [str(Path(path).with_name(Path(path).name.replace("1Warp", "1InverseWarp"))) for path in transforms[::-1]]
    return inverse, [path.endswith(".mat") for path in inverse]


def displacements(fixed, moving, transforms: list[str], folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Where each voxel of `fixed` lies in `moving`, and the other way round, as displacements.

    transforms : [warp, affine], fixed -> moving. Returns (3, nx, ny, nz) mm each, RAS+, on the grids of `fixed` and of
    `moving`. folder : takes temporary files.
    """
    there = ants.apply_transforms(fixed, moving, transforms, compose=f"{folder}/there-")
    inverse, flags = _inverse(transforms)
    back = ants.apply_transforms(moving, fixed, inverse, whichtoinvert=flags, compose=f"{folder}/back-")
    return tuple(np.moveaxis(ants.image_read(path).numpy().astype(float) @ LPS, -1, 0) for path in (there, back))


def segment(image, mask, priors: list[ants.ANTsImage], folder: Path) -> list[ants.ANTsImage]:
    """Posterior probabilities of the priors' tissues, by Atropos (Avants et al. 2011), on the image's grid."""
    ants.config.set_ants_deterministic(True, SEED)
    # Atropos reads the priors from files, whose headers are rounded to single precision, but the image from memory.
    # Where the rounding changes the affine it finds no priors and fails; so the image goes through a file, too.
    # Uncompressed, because packing takes longer than all the rest of writing.
    for number, prior in enumerate(priors, 1):
        ants.image_write(ants.copy_image_info(image, prior), f"{folder}/prior{number:02d}.nii")
    ants.image_write(image, f"{folder}/image.nii")
    image = ants.image_read(f"{folder}/image.nii")
    result = ants.atropos(
        a=image,
        x=ants.copy_image_info(image, mask),
        i=f"PriorProbabilityImages[{len(priors)},{folder}/prior%02d.nii,0.25]",
        m="[0.1,1x1x1]",
        c="[5,0]",
        r=0,
    )
    return result["probabilityimages"]


def volume_ratio(template: ants.ANTsImage, transforms: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Volume in the scan per volume in the template, and its nonlinear part alone; (nx, ny, nz) each.

    transforms : [warp, affine] of template -> scan. Tissue probability times the first is tissue volume per template
    volume, so that its sum over the template is the tissue's volume in the scan.
    """
    # ANTs gives the determinant on the warp's own grid, which may be coarser than the template; being smooth, it is
    # interpolated.
    jacobian = ants.create_jacobian_determinant_image(template, transforms[0], do_log=False, geom=False)
    nonlinear = resample_like(jacobian, template).numpy()
    return nonlinear * determinant(transforms[1]), nonlinear
