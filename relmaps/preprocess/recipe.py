"""The recipe: brain, bias field, registration, segmentation and modulation of one scan, with ANTs."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img
from scipy.ndimage import gaussian_filter

from relmaps.errors import ScanError
from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.box import Box, box_around
from relmaps.preprocess.brain import extract_brain, is_skull_stripped, where_head
from relmaps.preprocess.quality import noise_of, quality_of, variation
from relmaps.preprocess.stopwatch import Stopwatch

TISSUES = ("CSF", "GM", "WM")
USED = ("T1w", "brain_mask", *(f"{tissue}_probseg" for tissue in TISSUES))  # images of the template
BRIGHTEST = 99.5  # percentile; what is brighter are vessels and fat, which stretch every histogram that follows
MARGIN_MM = 8.0  # around the template's brain, room for the deformation
SCAN_MARGIN_MM = 3.0  # around the scan's brain, of which nothing but zeros lies outside
HEAD_MARGIN_MM = 24.0  # around the template's brain, where a head is registered to it
# Registration of a head looks at the brain and this much around it; with 8 mm, one affine in ten took the skull for it.
MASK_MARGINS_MM = (12.0, 18.0)  # the second where the first fails
LINEAR_MM = 3.0  # voxels of the linear registration: finer ones move the transform by less than a tenth of a voxel


@dataclass(frozen=True)
class Settings:
    """Leaves of `preprocess` that one scan depends on, and a hash of the code that does the work."""

    input_voxel_mm: float
    registration: str
    registration_voxel_mm: float
    iterations: tuple[int, ...]
    code: str


@dataclass(frozen=True, eq=False)
class Result:
    """images : by name of `derivatives_of`; those in template space (nx, ny, nz) on the study's grid.

    native_affine : (4, 4) of native_t1 and native_tissues. measures : columns of qc.tsv. seconds : step -> CPU seconds.
    """

    images: dict[str, np.ndarray]
    native_affine: np.ndarray
    measures: dict
    seconds: dict[str, float]


@dataclass(frozen=True, eq=False)
class Registered:
    """A scan and its way to the template.

    native : the part of the scan around the brain, uncorrected. moving : the same for ANTs, bias field corrected, brain
    alone. brain : its brain. fixed : images of the template around its brain, which is `box` of the study's grid.
    affine, transforms : paths of the affine and of [warp, affine], template -> scan.
    """

    native: nib.Nifti1Image
    stripped: bool
    moving: steps.Image
    brain: steps.Image
    fixed: dict[str, steps.Image]
    box: Box
    affine: str
    transforms: list[str]


def register(
    raw: nib.Nifti1Image,
    template: dict[str, nib.Nifti1Image],
    settings: Settings,
    scratch: Path,
    watch: Stopwatch,
    margin_mm: float = SCAN_MARGIN_MM,
) -> Registered:
    """Brain, bias field and registration of a raw scan. raw : RAS+, checked. ScanError where no brain is found."""
    brain_mask = np.asarray(template["brain_mask"].dataobj) > 0
    box = box_around(brain_mask, nib.affines.voxel_sizes(template["T1w"].affine), MARGIN_MM)
    with watch.step("read and crop"):
        fixed = {name: steps.to_ants(box.cut_image(template[name])) for name in USED}
        stripped = is_skull_stripped(raw)
        if stripped and np.count_nonzero(raw.dataobj) > 1.1 * np.count_nonzero(raw.get_fdata(dtype=np.float32) > 0):
            raise ScanError("skull-stripped, but negative in the brain; give the scan as it was before standardisation")
        scan = cropped(raw, (raw.get_fdata(dtype=np.float32) > 0) if stripped else where_head(raw), MARGIN_MM)
        scan = coarsened(scan, settings.input_voxel_mm)
        scan = _clipped(scan, scan.get_fdata(dtype=np.float32) > 0)
    affine, brain = find_brain(scan, stripped, template, brain_mask, scratch, watch)
    if not brain.any():
        raise ScanError("no brain was found at the template's place")
    scan_box = box_around(brain, nib.affines.voxel_sizes(scan.affine), margin_mm)
    native = scan_box.cut_image(_clipped(scan, brain))
    mask = steps.to_ants(native, scan_box.cut(brain).astype(np.float32))
    with watch.step("N4"):
        moving = steps.correct_bias(steps.to_ants(native), mask) * mask
    with watch.step("SyN"):
        transforms = steps.deform(
            steps.coarsen(fixed["T1w"], settings.registration_voxel_mm),
            steps.coarsen(moving, settings.registration_voxel_mm),
            affine,
            None,
            settings.registration,
            settings.iterations,
            scratch / "nonlinear",
        )
    return Registered(native, stripped, moving, mask, fixed, box, affine, transforms)


def register_and_segment(
    raw: nib.Nifti1Image, template: dict[str, nib.Nifti1Image], settings: Settings, scratch: Path
) -> Result:
    """Tissue maps of a raw scan in template space. raw : RAS+, checked. Raises ScanError where no brain is found."""
    watch = Stopwatch()
    scan = register(raw, template, settings, scratch, watch)
    fixed, transforms = scan.fixed, scan.transforms
    with watch.step("priors"):
        # The template's mask leaves out what a skull-stripped scan has kept of the spine, and the other way round.
        brain = (steps.warp_back(scan.moving, fixed["brain_mask"], transforms) > 0.5) * scan.brain
        if brain.sum() == 0:
            raise ScanError("no brain was found at the template's place")
        moving = scan.moving * brain
        priors = [steps.warp_back(moving, fixed[f"{tissue}_probseg"], transforms) for tissue in TISSUES]
    with watch.step("Atropos"):
        tissues = dict(zip(TISSUES, steps.segment(moving, brain, priors, scratch), strict=True))
    with watch.step("to the template"):
        white = tissues["WM"].numpy()
        moving = moving * float(white.sum() / (moving.numpy() * white).sum())
        ratio, nonlinear = steps.volume_ratio(fixed["T1w"], transforms)
        cropped = {
            "t1": steps.warp_to(fixed["T1w"], moving, transforms).numpy(),
            "t1_affine": steps.warp_to(fixed["T1w"], moving, [scan.affine]).numpy(),
            "gm": steps.warp_to(fixed["T1w"], tissues["GM"], transforms).numpy(),
            "brain": steps.warp_to(fixed["T1w"], brain, transforms).numpy() > 0.5,
        }
        cropped["gm_modulated"] = cropped["gm"] * ratio
        shape = template["T1w"].shape
        images = {name: scan.box.paste(image, shape) for name, image in cropped.items()}
        images["native_t1"] = moving.numpy()
        probabilities = {name: image.numpy() for name, image in tissues.items()}
        images["native_tissues"] = _labels(probabilities, brain.numpy())
        measures = {
            "skull_stripped": "yes" if scan.stripped else "no",
            **quality_of(images, template, scan.box.paste(nonlinear, shape)),
            **_volumes(probabilities, scan.native.affine),
            "wm_cv_raw": variation(scan.native.get_fdata(dtype=np.float32), white),
            "wm_cv": variation(moving.numpy(), white),
            "noise": noise_of(moving.numpy(), white),
        }
    measures["cpu_seconds"] = round(watch.total, 2)
    return Result(images, scan.native.affine, measures, watch.seconds)


def find_brain(
    scan: nib.Nifti1Image, stripped: bool, template: dict, brain_mask: np.ndarray, scratch: Path, watch: Stopwatch
) -> tuple[str, np.ndarray]:
    """Path of the affine, template -> scan, and the brain in the scan, (nx, ny, nz) bool."""
    voxel_mm = nib.affines.voxel_sizes(template["T1w"].affine)
    box = box_around(brain_mask, voxel_mm, HEAD_MARGIN_MM)

    def at(name: str, coarse_mm: float) -> steps.Image:
        return steps.coarsen(steps.to_ants(box.cut_image(template[name])), coarse_mm)

    head = steps.to_ants(scan)
    with watch.step("rigid and affine"):
        fixed, brain = at("T1w", LINEAR_MM), at("brain_mask", LINEAR_MM)
        affine = steps.align(fixed, steps.coarsen(head, LINEAR_MM), brain, (*MASK_MARGINS_MM, None), scratch)
    if stripped:
        return affine, scan.get_fdata(dtype=np.float32) > 0
    with watch.step("brain extraction"):
        coarse_mm = max(2.0, *voxel_mm)
        fixed = {name: at(name, coarse_mm) for name in ("T1w", "brain_mask", "GM_probseg", "CSF_probseg")}
        around = steps.dilate(fixed["brain_mask"], MASK_MARGINS_MM[0])
        return affine, extract_brain(head, steps.coarsen(head, coarse_mm), fixed, affine, around, scratch)


def cropped(scan: nib.Nifti1Image, inside: np.ndarray, margin_mm: float) -> nib.Nifti1Image:
    """The part of the scan around the true voxels, within the scan. inside : (nx, ny, nz) bool."""
    box = box_around(inside, nib.affines.voxel_sizes(scan.affine), margin_mm)
    low = tuple(max(edge, 0) for edge in box.low)
    return Box(low, tuple(min(edge, n) for edge, n in zip(box.high, scan.shape, strict=True))).cut_image(scan)


def _clipped(scan: nib.Nifti1Image, inside: np.ndarray) -> nib.Nifti1Image:
    """The scan between 0 and a high percentile of its values inside. inside : (nx, ny, nz) bool."""
    data = scan.get_fdata(dtype=np.float32)
    return nib.Nifti1Image(np.clip(data, 0, np.percentile(data[inside], BRIGHTEST)), scan.affine)


def _labels(tissues: dict[str, np.ndarray], brain: np.ndarray) -> np.ndarray:
    """(nx, ny, nz): 0 outside, 1 CSF, 2 GM, 3 WM, whichever is likeliest."""
    return (1 + np.argmax(np.stack([tissues[name] for name in TISSUES]), axis=0)) * (brain > 0.5)


def _volumes(tissues: dict[str, np.ndarray], affine: np.ndarray) -> dict[str, float]:
    """gm_ml, wm_ml, csf_ml and their sum tiv_ml."""
    voxel_ml = abs(np.linalg.det(affine[:3, :3])) / 1000
    volumes = {f"{name.lower()}_ml": float(tissues[name].sum()) * voxel_ml for name in ("GM", "WM", "CSF")}
    return {name: round(volume, 4) for name, volume in (volumes | {"tiv_ml": sum(volumes.values())}).items()}


def coarsened(image: nib.Nifti1Image, voxel_mm: float) -> nib.Nifti1Image:
    """The scan with isotropic voxels of `voxel_mm`, if it is finer along some axis; smoothed first against aliasing."""
    old = nib.affines.voxel_sizes(image.affine)
    if old.min() >= 0.99 * voxel_mm:
        return image
    sigma = np.sqrt(np.maximum(voxel_mm**2 - old**2, 0)) / (np.sqrt(8 * np.log(2)) * old)
    data = image.get_fdata(dtype=np.float32)
    # Smoothing must not pull the zeros around a skull-stripped brain into it, nor spread the brain over them.
    inside = data > 0
    weight = gaussian_filter(inside.astype(np.float32), sigma)
    smooth = np.divide(gaussian_filter(data, sigma), weight, out=np.zeros_like(data), where=inside)
    resampled = resample_img(
        nib.Nifti1Image(smooth, image.affine),
        target_affine=np.diag([voxel_mm] * 3),
        interpolation="linear",
        force_resample=True,
        copy_header=True,
    )
    return nib.as_closest_canonical(resampled)
