"""The recipe: brain, bias field, registration, segmentation and modulation of one scan, with ANTs."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np

from relmaps.io.errors import ScanError
from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.brain import cut_share, without_padding
from relmaps.preprocess.quality import estimate_noise, measure_quality, variation
from relmaps.preprocess.registration import BRIGHTEST, TISSUES, Settings, register, resampled_mask
from relmaps.preprocess.timing import Timing

HEAD_VOXEL_MM = 3.0  # of the whole scan in the pictures of quality control


@dataclass(frozen=True, eq=False)
class Result:
    """images : by name of `name_derivatives`; those in template space (nx, ny, nz) on the study's grid.

    affines : (4, 4) of the images that are not in template space, by name. measures : columns of qc.tsv. seconds :
    step -> CPU seconds.
    """

    images: dict[str, np.ndarray]
    affines: dict[str, np.ndarray]
    measures: dict
    seconds: dict[str, float]


def register_and_segment(
    raw: nib.Nifti1Image, template: dict[str, nib.Nifti1Image], settings: Settings, scratch: Path
) -> Result:
    """Tissue maps of a raw scan in template space. raw : RAS+, checked. Raises ScanError where no brain is found."""
    watch = Timing()
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
        affines = dict.fromkeys(("native_t1", "native_tissues"), scan.native.affine)
        head = thinned(raw, HEAD_VOXEL_MM)
        images["head"] = in_bytes(head.get_fdata(dtype=np.float32))
        images["head_brain"] = resampled_mask(brain.numpy() > 0.5, scan.native.affine, head)
        affines |= dict.fromkeys(("head", "head_brain"), head.affine)
        found = scan.found.mask if scan.stripped else without_padding(scan.found.mask, raw)
        measures = {
            "method": scan.found.method,
            "method_reason": scan.found.remark or None,
            "brain_agreement": None if scan.agreement is None else round(scan.agreement, 4),
            "cut_share": round(cut_share(found, raw.affine), 4),
            **measure_quality(images, template, scan.box.paste(nonlinear, shape)),
            **_volumes(probabilities, scan.native.affine),
            "wm_cv_raw": variation(scan.native.get_fdata(dtype=np.float32), white),
            "wm_cv": variation(moving.numpy(), white),
            "noise": estimate_noise(moving.numpy(), white),
        }
    measures["cpu_seconds"] = round(watch.total, 2)
    return Result(images, affines, measures, watch.seconds)


def thinned(image: nib.Nifti1Image, voxel_mm: float) -> nib.Nifti1Image:
    """Every n-th voxel along each axis, so that voxels are about `voxel_mm`: enough for a picture."""
    strides = np.maximum(1, np.rint(voxel_mm / nib.affines.voxel_sizes(image.affine))).astype(int)
    return image.slicer[tuple(slice(None, None, int(step)) for step in strides)]


def in_bytes(data: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) uint8: 0 to a high percentile of the values above 0, for a picture."""
    top = np.percentile(data[data > 0], BRIGHTEST)
    return np.rint(np.clip(data / top, 0, 1) * 255).astype(np.uint8)


def _labels(tissues: dict[str, np.ndarray], brain: np.ndarray) -> np.ndarray:
    """(nx, ny, nz): 0 outside, 1 CSF, 2 GM, 3 WM, whichever is likeliest."""
    return (1 + np.argmax(np.stack([tissues[name] for name in TISSUES]), axis=0)) * (brain > 0.5)


def _volumes(tissues: dict[str, np.ndarray], affine: np.ndarray) -> dict[str, float]:
    """gm_ml, wm_ml, csf_ml and their sum tiv_ml."""
    voxel_ml = abs(np.linalg.det(affine[:3, :3])) / 1000
    volumes = {f"{name.lower()}_ml": float(tissues[name].sum()) * voxel_ml for name in ("GM", "WM", "CSF")}
    return {name: round(volume, 4) for name, volume in (volumes | {"tiv_ml": sum(volumes.values())}).items()}
