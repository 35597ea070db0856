"""The affine registration of a scan to the template: several starts, and bounds on what it may do to a brain."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from relmaps.errors import ScanError
from relmaps.preprocess import ants_steps as steps

log = logging.getLogger("relmaps")

# How much longer the scan's brain may be than the template's along each axis of the affine's ellipsoid. Real heads of
# adults lie between .8 and 1.1, simulated ones between .9 and 1.2: an affine outside the bounds took the skull, or half
# of the brain, for the brain. The ratio bounds shear and flattening.
STRETCH, LARGEST_RATIO = (0.6, 1.4), 1.6
PLAUSIBLE_VOLUME = (0.4, 1.4)  # of a brain, relative to the template's 1.9 litres
LOWEST_CORRELATION = 0.3  # with the template, inside its brain
# Turns, degrees about the axes to the right, front and top, of further starts: a nod, a tilt and a shake of the head.
TURNS = ((30, 0, 0), (-30, 0, 0), (0, 30, 0), (0, -30, 0), (0, 0, 30), (0, 0, -30))


def align(
    fixed: steps.Image, moving: steps.Image, brain: steps.Image, margins_mm: Iterable[float | None], folder: Path
) -> tuple[str, str]:
    """Register a scan linearly, rigid before affine, because an affine from the centres of mass can run away.

    The first start has the centres of mass on each other and looks at the first margin. Where its affine is
    implausible, the other margins and then turned heads are tried, and the plausible affine with the highest
    correlation inside the template's brain is taken.

    Parameters
    ----------
    fixed, moving : images
        The template and the scan.
    brain : image
        The template's brain mask, on the grid of `fixed`.
    margins_mm : numbers or None
        Voxels that count are those of the brain and this much around it, None for all.
    folder : path
        Takes temporary files.

    Returns
    -------
    affine : str
        Path of the transform, template -> scan.
    remark : str
        How it was found, where not at the first try; else empty.

    Raises
    ------
    ScanError
        If no start leads to a plausible affine.
    """
    margins_mm = tuple(margins_mm)
    starts = [(margin, None) for margin in margins_mm] + [(margins_mm[0], turn) for turn in TURNS]
    found, problems = [], []
    for number, (margin_mm, turn) in enumerate(starts):
        mask = None if margin_mm is None else steps.dilate(brain, margin_mm)
        here = folder / f"linear-{number}"
        here.mkdir(parents=True)
        initial = steps.turned_start(fixed, moving, Rotation.from_euler("xyz", turn, True), here) if turn else None
        affine = steps.align_once(fixed, moving, mask, initial, here)
        correlation = correlation_inside(fixed, moving, affine, brain)
        problem = implausible(steps.matrix_of(affine), correlation)
        if not problem and number == 0:
            return affine, ""
        log.info("  affine from start %d: %s, correlation %.2f", number, problem or "plausible", correlation)
        if problem:
            problems.append(problem)
        else:
            where = (
                f"a start turned by {turn} degrees"
                if turn
                else f"voxels within {margin_mm} mm"
                if margin_mm
                else "all voxels"
            )
            found.append((correlation, -number, affine, f"registered from {where}, as at first {problems[0]}"))
        # Margins are as good as each other; a turned start is worth its time only if none of them will do.
        if found and number + 1 >= len(margins_mm):
            break
    if not found:
        raise ScanError(f"registration failed: from each of {len(starts)} starts {problems[0]}; look at the scan")
    _, _, affine, remark = max(found)
    return affine, remark


def implausible(matrix: np.ndarray, correlation: float) -> str:
    """Say why an affine cannot be right, or nothing.

    Parameters
    ----------
    matrix : ndarray, shape (3, 3)
        Template mm -> scan mm.
    correlation : float
        Of template and registered scan inside the template's brain.
    """
    stretches = np.linalg.svd(matrix, compute_uv=False)
    volume = float(np.prod(stretches))
    if not PLAUSIBLE_VOLUME[0] < volume < PLAUSIBLE_VOLUME[1]:
        return f"the brain would have {volume:.2f} times the template's volume"
    if stretches[-1] < STRETCH[0] or stretches[0] > STRETCH[1] or stretches[0] > LARGEST_RATIO * stretches[-1]:
        return f"the brain would be {stretches[-1]:.2f} to {stretches[0]:.2f} times as long as the template's"
    if not correlation >= LOWEST_CORRELATION:
        return f"the correlation with the template is {correlation:.2f}"
    return ""


def correlation_inside(fixed: steps.Image, moving: steps.Image, affine: str, brain: steps.Image) -> float:
    """Correlate the template with the registered scan inside the template's brain; 0 where one of them is constant."""
    inside = brain.numpy() > 0.5
    one, other = fixed.numpy()[inside], steps.warp_to(fixed, moving, [affine]).numpy()[inside]
    return float(np.corrcoef(one, other)[0, 1]) if one.std() > 0 and other.std() > 0 else 0.0
