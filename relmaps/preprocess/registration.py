"""From a raw scan to its brain in the template: where the brain is, its bias field, and its way to the template."""

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.image import resample_img
from scipy.ndimage import gaussian_filter

from relmaps.io.errors import ScanError
from relmaps.preprocess import ants_steps as steps
from relmaps.preprocess.alignment import align
from relmaps.preprocess.brain import OUTWARDS_MM, is_skull_stripped, mask_problem, refine, where_head
from relmaps.preprocess.network import network_mask
from relmaps.preprocess.quality import dice
from relmaps.preprocess.timing import Timing
from relmaps.space.box import Box, box_around

TISSUES = ("CSF", "GM", "WM")
USED = ("T1w", "brain_mask", *(f"{tissue}_probseg" for tissue in TISSUES))  # images of the template
BRIGHTEST = 99.5  # percentile; what is brighter are vessels and fat, which stretch every histogram that follows
MARGIN_MM = 8.0  # around the template's brain, room for the deformation; around a skull-stripped brain
SCAN_MARGIN_MM = 3.0  # around the scan's brain, of which nothing but zeros lies outside
HEAD_MARGIN_MM = 24.0  # around the brain of scan and template, where a head is registered to the template
# The linear registration looks at the brain and this much around it; with 8 mm, one affine of a head in ten took the
# skull for it. The second margin where the first fails.
MASK_MARGINS_MM = (12.0, 18.0, None)
LINEAR_MM = 3.0  # voxels of the linear registration: finer ones move the transform by less than a tenth of a voxel
ROUGH_BIAS_MM = 16.0  # spacing of N4 where a head is only to be recognised
# Per level, coarse to fine, of the SyN that brings the template's mask to a head: to extract the brain with, and as a
# second opinion on the network's mask, at LINEAR_MM and so in effect at 12 mm: finer ones cost two seconds more and
# agree less with masks that are right.
EXTRACTION, OPINION = (40, 20, 2), (30, 0, 0)


@dataclass(frozen=True)
class Settings:
    """Leaves of `preprocess` that one scan depends on, and a hash of the code that does the work."""

    input_voxel_mm: float
    registration: str
    registration_voxel_mm: float
    iterations: tuple[int, ...]
    code: str


@dataclass(frozen=True, eq=False)
class Registered:
    """A scan and its way to the template.

    native : the part of the scan around the brain, uncorrected. moving : the same for ANTs, bias field corrected, brain
    alone. brain : its brain. found : how it was found. fixed : images of the template around its brain, which is `box`
    of the study's grid. affine, transforms : paths of the affine and of [warp, affine], template -> scan. agreement :
    Dice of the brain masks by network and template, None without skull.
    """

    native: nib.Nifti1Image
    moving: steps.Image
    brain: steps.Image
    found: "Found"
    fixed: dict[str, steps.Image]
    box: Box
    affine: str
    transforms: list[str]
    agreement: float | None

    @property
    def stripped(self) -> bool:
        return self.found.method == "skull_stripped"


@dataclass(frozen=True, eq=False)
class Found:
    """The brain of a raw scan.

    method : skull_stripped, network or template. remark : why not at the first try, or empty. mask : (nx, ny, nz) bool
    on the raw scan's grid. scan, brain : the part of the scan around it at the working resolution, and the brain there.
    coarse : `scan` at LINEAR_MM. affine : path of a transform, template -> scan.
    """

    method: str
    remark: str
    mask: np.ndarray
    scan: nib.Nifti1Image
    brain: np.ndarray
    coarse: steps.Image
    affine: str


def register(
    raw: nib.Nifti1Image,
    template: dict[str, nib.Nifti1Image],
    settings: Settings,
    scratch: Path,
    watch: Timing,
    margin_mm: float = SCAN_MARGIN_MM,
) -> Registered:
    """Brain, bias field and registration of a raw scan. raw : RAS+, checked. ScanError where no brain is found."""
    stripped = is_skull_stripped(raw)
    if stripped and np.count_nonzero(raw.dataobj) > 1.1 * np.count_nonzero(raw.get_fdata(dtype=np.float32) > 0):
        raise ScanError("skull-stripped, but negative in the brain; give the scan as it was before standardisation")
    around = _Template(template)
    if stripped:
        mask = raw.get_fdata(dtype=np.float32) > 0
        found = _placed("skull_stripped", "", raw, mask, around, settings.input_voxel_mm, scratch, watch)
        other = None
    else:
        found, other = _found_in_head(raw, around, settings.input_voxel_mm, scratch, watch)
    with watch.step("read and crop"):
        box = box_around(around.brain, around.voxel_mm, MARGIN_MM)
        fixed = {name: steps.to_ants(box.cut_image(template[name])) for name in USED}
        scan_box = box_around(found.brain, nib.affines.voxel_sizes(found.scan.affine), margin_mm)
        native = scan_box.cut_image(found.scan)
        brain = scan_box.cut(found.brain)
    with watch.step("N4"):
        corrected = steps.correct_bias(steps.to_ants(native), steps.to_ants(native, brain.astype(np.float32)))
    if not stripped:
        with watch.step("brain extraction"):
            agreement = _agreement(found, other, around, scratch)
            brain = refine(brain, corrected.numpy(), np.array(corrected.spacing), OUTWARDS_MM[found.method])
    mask = steps.to_ants(native, brain.astype(np.float32))
    moving = corrected * mask
    with watch.step("SyN"):
        transforms = steps.deform(
            steps.coarsen(fixed["T1w"], settings.registration_voxel_mm),
            steps.coarsen(moving, settings.registration_voxel_mm),
            found.affine,
            None,
            settings.registration,
            settings.iterations,
            scratch / "nonlinear",
        )
    return Registered(
        native, moving, mask, found, fixed, box, found.affine, transforms, None if stripped else agreement
    )


class _Template:
    """The template's images around its brain, at any resolution."""

    def __init__(self, template: dict[str, nib.Nifti1Image]):
        self.brain = np.asarray(template["brain_mask"].dataobj) > 0
        self.voxel_mm = nib.affines.voxel_sizes(template["T1w"].affine)
        self._images = template
        self._made: dict[tuple[str, float], steps.Image] = {}
        self._box = box_around(self.brain, self.voxel_mm, HEAD_MARGIN_MM)

    def at(self, name: str, coarse_mm: float) -> steps.Image:
        if (name, coarse_mm) not in self._made:
            image = steps.to_ants(self._box.cut_image(self._images[name]))
            self._made[name, coarse_mm] = steps.coarsen(image, coarse_mm)
        return self._made[name, coarse_mm]


def _found_in_head(
    raw: nib.Nifti1Image, template: _Template, voxel_mm: float, scratch: Path, watch: Timing
) -> tuple[Found, np.ndarray | None]:
    """The brain of a head with skull, by the network; where that fails by the template, and the network's mask."""
    with watch.step("brain extraction"):
        mask = network_mask(raw)
    problem = mask_problem(mask, raw.affine)
    if not problem:
        try:
            return _placed("network", "", raw, mask, template, voxel_mm, scratch / "network", watch), None
        except ScanError as error:
            problem = str(error)
    remark = f"not by the network: {problem}"
    with watch.step("brain extraction"):
        try:
            by_template = _template_mask(raw, template, voxel_mm, scratch)
        except ScanError as error:
            raise ScanError(f"brain extraction failed, {remark}; by the template: {error}") from None
        if not by_template.any():
            raise ScanError(f"brain extraction failed, {remark}; by the template: no brain; look at the scan")
    found = _placed("template", remark, raw, by_template, template, voxel_mm, scratch / "template", watch)
    return found, resampled_mask(mask, raw.affine, found.scan)


def _placed(
    method: str,
    remark: str,
    raw: nib.Nifti1Image,
    mask: np.ndarray,
    template: _Template,
    voxel_mm: float,
    scratch: Path,
    watch: Timing,
) -> Found:
    """The scan around a brain, and the brain's affine. mask : (nx, ny, nz) bool on the raw scan's grid."""
    with watch.step("read and crop"):
        stripped = method == "skull_stripped"
        scan = coarsened(cropped(raw, mask, MARGIN_MM if stripped else HEAD_MARGIN_MM), voxel_mm)
        brain = scan.get_fdata(dtype=np.float32) > 0 if stripped else resampled_mask(mask, raw.affine, scan)
        scan = clipped(scan, brain)
    with watch.step("rigid and affine"):
        coarse = steps.coarsen(steps.to_ants(scan), LINEAR_MM)
        alone = coarse if stripped else coarse * _on(coarse, scan, brain)
        fixed, inside = template.at("T1w", LINEAR_MM), template.at("brain_mask", LINEAR_MM)
        affine, how = align(fixed, alone, inside, MASK_MARGINS_MM, scratch)
    return Found(method, "; ".join(filter(None, (remark, how))), mask, scan, brain, coarse, affine)


def _template_mask(raw: nib.Nifti1Image, template: _Template, voxel_mm: float, scratch: Path) -> np.ndarray:
    """(nx, ny, nz) bool on the raw scan's grid: the template's brain, registered to the head without neck."""
    scan = coarsened(cropped(raw, where_head(raw), MARGIN_MM), voxel_mm)
    head = steps.to_ants(clipped(scan, scan.get_fdata(dtype=np.float32) > 0))
    fixed, brain = template.at("T1w", LINEAR_MM), template.at("brain_mask", LINEAR_MM)
    affine, _ = align(fixed, steps.coarsen(head, LINEAR_MM), brain, MASK_MARGINS_MM, scratch / "head")
    coarse = steps.coarsen(head, max(2.0, *template.voxel_mm))
    mask = _warped_mask(coarse, head, affine, template, EXTRACTION, scratch / "extraction")
    return resampled_mask(mask, scan.affine, raw)


def _warped_mask(
    coarse: steps.Image,
    target: steps.Image,
    affine: str,
    template: _Template,
    iterations: tuple[int, ...],
    folder: Path,
) -> np.ndarray:
    """(nx, ny, nz) bool on the grid of `target`: the template's brain mask, brought to a head by SyN.

    coarse : the head at the resolution of the registration. affine : path of a transform, template -> scan, to start
    from. iterations : per level, coarse to fine.
    """
    spacing = max(coarse.spacing)
    t1, brain = template.at("T1w", spacing), template.at("brain_mask", spacing)
    rough = steps.warp_back(coarse, brain, [affine], "nearestNeighbor")
    head = steps.correct_bias(coarse, rough, ROUGH_BIAS_MM)
    around = steps.dilate(brain, MASK_MARGINS_MM[0])
    transforms = steps.deform(t1, head, affine, around, "SyN", iterations, folder)
    return steps.warp_back(target, brain, transforms).numpy() > 0.5


def _agreement(found: Found, other: np.ndarray | None, template: _Template, scratch: Path) -> float:
    """Dice of the brain by network and by template, at LINEAR_MM.

    other : (nx, ny, nz) bool on the grid of `found.scan`, the network's mask where the brain is the template's.
    """
    if other is None:
        second = _warped_mask(found.coarse, found.coarse, found.affine, template, OPINION, scratch / "opinion")
    else:
        second = _on(found.coarse, found.scan, other).numpy() > 0.5
    return dice(_on(found.coarse, found.scan, found.brain).numpy() > 0.5, second)


def _on(coarse: steps.Image, scan: nib.Nifti1Image, mask: np.ndarray) -> steps.Image:
    """A mask of the scan on the grid of the coarse scan, 0 or 1."""
    return (steps.resample_like(steps.to_ants(scan, mask.astype(np.float32)), coarse) > 0.5).clone("float")


def cropped(scan: nib.Nifti1Image, inside: np.ndarray, margin_mm: float) -> nib.Nifti1Image:
    """The part of the scan around the true voxels, within the scan. inside : (nx, ny, nz) bool."""
    box = box_around(inside, nib.affines.voxel_sizes(scan.affine), margin_mm)
    low = tuple(max(edge, 0) for edge in box.low)
    return Box(low, tuple(min(edge, n) for edge, n in zip(box.high, scan.shape, strict=True))).cut_image(scan)


def clipped(scan: nib.Nifti1Image, inside: np.ndarray) -> nib.Nifti1Image:
    """The scan between 0 and a high percentile of its values inside. inside : (nx, ny, nz) bool."""
    data = scan.get_fdata(dtype=np.float32)
    return nib.Nifti1Image(np.clip(data, 0, np.percentile(data[inside], BRIGHTEST)), scan.affine)


def resampled_mask(mask: np.ndarray, affine: np.ndarray, target: nib.Nifti1Image) -> np.ndarray:
    """(nx, ny, nz) bool: a mask on the grid of another image, cut at one half."""
    if mask.shape == target.shape and np.allclose(affine, target.affine, atol=1e-4):
        return mask
    return (
        steps.resample_like(
            steps.to_ants(nib.Nifti1Image(mask.astype(np.float32), affine)), steps.to_ants(target)
        ).numpy()
        > 0.5
    )


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
