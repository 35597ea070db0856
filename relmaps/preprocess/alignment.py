"""The affine registration of a scan to the template: several starts, and bounds on what it may do to a brain."""

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from relmaps.io.errors import ScanError
from relmaps.preprocess import ants_steps as steps

log = logging.getLogger("relmaps")

# How much longer the scan's brain may be than the template's along each axis of the affine's ellipsoid. Real heads of
# adults lie between .8 and 1.1, simulated ones between .9 and 1.2: an affine outside the bounds took the skull, or half
# of the brain, for the brain. The ratio bounds shear and flattening.
STRETCH, LARGEST_RATIO = (0.6, 1.4), 1.6
PLAUSIBLE_VOLUME = (0.4, 1.4)  # of a brain, relative to the template's 1.9 litres
# Correlation with the template inside its brain: after the affine real scans have .5 to .65, one with a strong bias
# field .41, simulated ones .85 to .93; a head turned by 60 degrees that was not turned back .45 to .67.
SURE_CORRELATION, LOWEST_CORRELATION = 0.5, 0.3
# Turns, degrees about the axes to the right, front and top, of further starts: a nod, a tilt and a shake of the head.
TURNS = ((30, 0, 0), (-30, 0, 0), (0, 30, 0), (0, -30, 0), (0, 0, 30), (0, 0, -30))


def align(
    fixed: steps.Image, moving: steps.Image, brain: steps.Image, margins_mm: Iterable[float | None], folder: Path
) -> tuple[str, str]:
    """Register a scan linearly, rigid before affine, because an affine from the centres of mass can run away.

    The first start has the centres of mass on each other and looks at the first margin. Where its affine is
    implausible or its correlation low, the other margins and then turned heads are tried, and the plausible affine with
    the highest correlation inside the template's brain is taken.

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
    best, highest, first = None, -np.inf, ""
    for number, (margin_mm, turn) in enumerate(starts):
        affine = _from_start(fixed, moving, brain, margin_mm, turn, folder / f"linear-{number}")
        correlation = correlation_inside(fixed, moving, affine, brain)
        problem = implausible(steps.read_matrix(affine), correlation)
        if number == 0:
            if not problem and correlation >= SURE_CORRELATION:
                return affine, ""
            first = problem or f"the correlation with the template was {correlation:.2f}"
        log.info("  affine from start %d: %s, correlation %.2f", number, problem or "plausible", correlation)
        if not problem and correlation > highest:
            best, highest, best_start = affine, correlation, number
    if best is None:
        raise ScanError(
            f"registration failed: from each of {len(starts)} starts, as at first: {first}; look at the scan"
        )
    if best_start == 0:
        return best, ""
    margin_mm, turn = starts[best_start]
    where = f"a start turned by {turn} degrees" if turn else f"within {margin_mm:g} mm" if margin_mm else "all voxels"
    return best, f"registered from {where}, for at first {first}"


def _from_start(
    fixed: steps.Image,
    moving: steps.Image,
    brain: steps.Image,
    margin_mm: float | None,
    turn: tuple[float, float, float] | None,
    folder: Path,
) -> str:
    """Path of the affine that one start leads to; arguments as in `align`, turn in degrees."""
    folder.mkdir(parents=True)
    mask = None if margin_mm is None else steps.dilate(brain, margin_mm)
    rotation = turn and Rotation.from_euler("xyz", turn, degrees=True)
    initial = steps.turned_start(fixed, moving, rotation, folder) if turn else None
    return steps.align_once(fixed, moving, mask, initial, folder)


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
