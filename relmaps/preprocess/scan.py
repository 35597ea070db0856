"""One scan, from raw to template space; a scan that is done is never done again."""

import logging
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img
from scipy.ndimage import gaussian_filter

from relmaps.cohort.bids import Scan
from relmaps.errors import ScanError
from relmaps.files import fingerprint, read_json, sha256_of, write_json
from relmaps.images import Grid, read_raw, save, write_map
from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.derivatives import derivatives_of
from relmaps.preprocess.quality import quality_of

log = logging.getLogger("relmaps")

PAD_MM = 8.0  # around the template, whose brain touches its box
# Registration looks at the brain and this much around it; with 8 mm, one affine in ten took the skull for brain.
MASK_MARGIN_MM = 12.0
TISSUES = ("CSF", "GM", "WM")
VERSIONS = {package: version(package) for package in ("antspyx", "nilearn")}


@dataclass(frozen=True)
class Settings:
    """Leaves of `preprocess` that one scan depends on, and a hash of the code that does the work."""

    input_voxel_mm: float
    registration: str
    iterations: tuple[int, ...]
    code: str


def preprocess(
    scan: Scan, template: dict[str, nib.Nifti1Image], grid: Grid, folder: str | Path, settings: Settings
) -> dict:
    """The scan's row for qc.tsv. A scan that cannot be used ends well, with status `failed` and its reason.

    Whether a finished result still holds is told by a fingerprint of the raw file, the settings, the grid, our code and
    the versions of ANTs and of the package that carries the template. A result that cannot be written ends the job.
    """
    paths = derivatives_of(scan, folder, grid.space)
    base = {"scan_id": scan.scan_id, "participant_id": scan.participant_id}
    try:
        made_from = fingerprint(_hash_of(scan), asdict(settings), VERSIONS, grid.affine.tolist(), grid.shape)
        if paths["status"].exists():
            status = read_json(paths["status"])
            if status["made_from"] == made_from and all(path.exists() for path in paths.values()):
                log.info("%s: done before", scan.scan_id)
                return base | status["row"]
        # The old status must not outlive the first new image: killed now, the scan would be taken for finished.
        paths["status"].unlink(missing_ok=True)
        start = time.monotonic()
        row = {"status": "ok", "reason": None} | _preprocess(scan, template, grid, paths, settings)
        row["seconds"] = round(time.monotonic() - start, 2)
        write_json({"made_from": made_from, "row": row}, paths["status"])
    except ScanError as error:
        row = {"status": "failed", "reason": str(error)}
        log.warning("%s: %s", scan.scan_id, row["reason"])
    return base | row


def _hash_of(scan: Scan) -> str:
    try:
        return sha256_of(scan.path)
    except OSError as error:
        raise ScanError(f"{scan.path}: cannot be read ({error.strerror}); check the file") from None


def _preprocess(scan: Scan, template: dict, grid: Grid, paths: dict[str, Path], settings: Settings) -> dict:
    raw = _coarsened(read_raw(scan.path), settings.input_voxel_mm)
    try:
        with steps.scratch_folder() as scratch:
            images, measures = _register_and_segment(raw, template, settings, scratch)
    except (MemoryError, OSError):  # the machine's fault, not the scan's: the job must fail and be run again
        raise
    except ScanError as error:
        raise ScanError(f"{scan.path}: {error}") from None
    except Exception as error:  # ANTs raises plain exceptions for anything from a bad header to a failed optimiser
        log.exception("%s", scan.scan_id)
        raise ScanError(f"{scan.path}: ANTs failed ({error}); look at the scan") from None
    for name in ("t1", "gm", "gm_modulated", "brain"):
        write_map(images[name], paths[name], grid, dtype=np.uint8 if name == "brain" else np.float32)
    for name, kind in (("native_t1", np.float32), ("native_tissues", np.uint8)):
        save(nib.Nifti1Image(images[name].astype(kind), raw.affine), paths[name])
    return measures


def _register_and_segment(raw: nib.Nifti1Image, template: dict, settings: Settings, scratch: Path) -> tuple[dict, dict]:
    """Images by name of `derivatives_of` (arrays), and the measures of qc.tsv."""
    margin = max(1, round(PAD_MM / min(nib.affines.voxel_sizes(template["T1w"].affine))))
    padded = {name: steps.pad(steps.to_ants(image), margin) for name, image in template.items()}
    fixed, brain = padded["T1w"], padded["brain_mask"]
    around = steps.dilate(brain, MASK_MARGIN_MM)

    # The brightest half percent are vessels and fat, which would stretch every histogram that follows.
    data = raw.get_fdata(dtype=np.float32)
    scan = steps.to_ants(raw, np.clip(data, 0, np.percentile(data[data > 0], 99.5)))
    affine = steps.align(fixed, scan, around, scratch)
    rough_brain = steps.warp_back(scan, brain, [affine], "nearestNeighbor")
    scan = steps.correct_bias(scan, rough_brain)
    transforms = steps.deform(fixed, scan, affine, around, settings.registration, settings.iterations, scratch)

    # A skull-stripped scan has exactly 0 outside the brain; in a head with noise no brain voxel is 0.
    native_brain = (steps.warp_back(scan, brain, transforms) > 0.5) * (scan > 0)
    if native_brain.sum() == 0:
        raise ScanError("no brain was found at the template's place")
    scan = scan * native_brain
    priors = [steps.warp_back(scan, padded[f"{tissue}_probseg"], transforms) for tissue in TISSUES]
    tissues = dict(zip(TISSUES, steps.segment(scan, native_brain, priors, scratch), strict=True))
    white = tissues["WM"].numpy()
    scan = scan * float(white.sum() / (scan.numpy() * white).sum())

    ratio, nonlinear = steps.volume_ratio(fixed, transforms)
    warped = {
        "t1": steps.warp_to(fixed, scan, transforms).numpy(),
        "gm": steps.warp_to(fixed, tissues["GM"], transforms).numpy(),
        "brain": steps.warp_to(fixed, native_brain, transforms).numpy() > 0.5,
    }
    warped["gm_modulated"] = warped["gm"] * ratio
    inner = (slice(margin, -margin),) * 3
    images = {name: image[inner] for name, image in warped.items()}
    images["native_t1"] = scan.numpy()
    images["native_tissues"] = _labels({name: image.numpy() for name, image in tissues.items()}, native_brain.numpy())
    volumes = {name: float(image.numpy().sum() * np.prod(scan.spacing) / 1000) for name, image in tissues.items()}
    return images, quality_of(images, template, volumes, nonlinear[inner])


def _labels(tissues: dict[str, np.ndarray], brain: np.ndarray) -> np.ndarray:
    """(nx, ny, nz): 0 outside, 1 CSF, 2 GM, 3 WM, whichever is likeliest."""
    return (1 + np.argmax(np.stack([tissues[name] for name in TISSUES]), axis=0)) * (brain > 0.5)


def _coarsened(image: nib.Nifti1Image, voxel_mm: float) -> nib.Nifti1Image:
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
