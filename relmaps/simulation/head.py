"""Face, neck and shoulders around the template's brain: a geometric anatomy in template space (mm, RAS+)."""

import numpy as np
from scipy.ndimage import gaussian_filter

from relmaps.simulation.shapes import Ellipsoid, Shape, Tube, coverage, find_window, make_axes, mirrored, paint, thinner
from relmaps.space.grid import Grid

# ASSUME: layers around the brain mask and under the skin, mm. A stylised head: sizes are those of an adult of average
# build, shapes are ellipsoids and tubes; nothing of it is measured on a person.
FLUID_MM, INNER_TABLE_MM, DIPLOE_MM, SKULL_MM, SCALP_MM = 3.0, 4.3, 7.2, 8.5, 14.0
SKIN_MM, FAT_MM, NAPE_FAT_MM = 2.0, 3.5, 12.0
BUNDLE_MM, SEPTUM_MM, SEPTA_SHARE, SEPTA_SEED = (6.0, 6.0, 18.0), 1.0, 0.8, 1  # of fat between muscles
ROUND_MM = 7.0  # sd of the smoothing that keeps the dents of the brain off the scalp; half of it for the skull
FAR_MM = 60.0  # stands for any distance from the brain outside the box around it

TISSUES = ("skull", "marrow", "fat", "skin", "muscle", "vitreous", "cord", "disc")

CORD = ((0, -45, -70), (0, -47, -90), (0, -52, -125), (0, -64, -165), (0, -86, -215), (0, -108, -262))
LEVELS = 10  # vertebrae from the axis down
LEVEL_MM = 17.0

# ASSUME: parts of the outline, and over how many mm each melts into the rest.
OUTLINE: tuple[tuple[Shape, float], ...] = (
    (Ellipsoid((0, 38, -76), (63, 56, 66)), 18),  # face
    (Ellipsoid((0, 60, -124), (40, 36, 25)), 18),  # chin
    (Tube(((0, -36, -70), (0, -42, -150), (0, -64, -262)), (58, 56, 62)), 18),  # neck
    (Ellipsoid((0, -72, -268), (220, 70, 62)), 30),  # shoulders
    (Tube(((0, 82, -40), (0, 104, -72)), (8, 10)), 8),  # nose
)
SIDES: tuple[tuple[Shape, float], ...] = (
    (Ellipsoid((62, 16, -28), (16, 34, 36)), 14),  # temple
    (Ellipsoid((31, 55, -44), (29, 32, 22)), 12),  # brow and cheekbone
    (Ellipsoid((40, 34, -76), (27, 46, 42)), 14),  # cheek
    (Tube(((40, -60, -180), (110, -75, -232)), (30, 34)), 30),  # trapezius
    (Ellipsoid((9, 96, -77), (8, 9, 7)), 5),  # wing of the nose
    (Ellipsoid((82, -24, -48), (5, 15, 28)), 4),  # ear
)


def add_head(grid: Grid, brain: np.ndarray, brain_distance: np.ndarray) -> dict[str, np.ndarray]:
    """Tissues outside the brain.

    Parameters
    ----------
    grid : with isotropic voxels, in template space.
    brain : (nx, ny, nz) float32, share of brain in each voxel.
    brain_distance : (nx, ny, nz) float32, mm from the brain mask, 0 inside; FAR_MM or more where it is not known.

    Returns
    -------
    name -> (nx, ny, nz) float32 in 0..1, `csf` (outside the brain) and TISSUES; with `brain` they sum to at most 1.
    """
    voxel_mm = float(grid.voxel_mm[0])
    near = gaussian_filter(brain_distance, 1)  # the distance from a mask of voxels has steps
    depth = _outline(grid, gaussian_filter(brain_distance, ROUND_MM / voxel_mm))
    tissues = {name: np.zeros(grid.shape, np.float32) for name in ("csf", *TISSUES)}
    tissues["muscle"] += coverage(depth, voxel_mm)
    _replace(tissues, "fat", _septa(grid) * tissues["muscle"])
    for name, shape in _skull_base():
        paint(tissues, grid, name, shape)
    outer = gaussian_filter(brain_distance, ROUND_MM / 2 / voxel_mm)
    vault = 1 / (1 + np.exp(-(make_axes(grid)[2] + 30) / 6))  # only there is the marrow thick enough to be seen
    _replace(tissues, "skull", coverage(outer - SKULL_MM, voxel_mm))
    _replace(tissues, "marrow", coverage(outer - DIPLOE_MM, voxel_mm) * vault)
    _replace(tissues, "skull", coverage(near - INNER_TABLE_MM, voxel_mm))
    _replace(tissues, "csf", coverage(near - FLUID_MM, voxel_mm))
    for name, shape in (*_face(), *_spine()):
        paint(tissues, grid, name, shape)
    # Whatever is painted above ends under the skin and where the brain's fluid begins.
    _cover_with_skin(tissues, grid, depth)
    _replace(tissues, "csf", coverage(near - FLUID_MM, voxel_mm))
    room = np.clip(1 - brain, 0, 1)
    for part in tissues.values():
        part *= room
    return tissues


def _replace(tissues: dict[str, np.ndarray], name: str, inside: np.ndarray) -> None:
    for part in tissues.values():
        part *= 1 - inside
    tissues[name] += inside


def _outline(grid: Grid, brain_distance: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) float32 mm: signed distance from the skin, negative inside."""
    depth = brain_distance - np.float32(SCALP_MM)
    for shape, blend_mm in (*OUTLINE, *SIDES, *((mirrored(shape), blend_mm) for shape, blend_mm in SIDES)):
        window = find_window(shape, grid, blend_mm)  # beyond, the shape does not move the skin
        part = depth[window]
        part[:] = _smooth_minimum(part, shape.distance(*make_axes(grid, window)), np.float32(blend_mm))
    return depth


def _septa(grid: Grid) -> np.ndarray:
    """(nx, ny, nz) float32: share of fat between muscle bundles, thin sheets that run up and down the neck."""
    voxel_mm = float(grid.voxel_mm[0])
    noise = np.random.default_rng(SEPTA_SEED).standard_normal(grid.shape, dtype=np.float32)
    field = gaussian_filter(noise, np.array(BUNDLE_MM) / voxel_mm, mode="nearest")
    across = BUNDLE_MM[0] * np.abs(field) / field.std()  # about the distance from the sheet where the field is 0
    return np.float32(SEPTA_SHARE) * coverage(across - SEPTUM_MM / 2, voxel_mm)


def _cover_with_skin(tissues: dict[str, np.ndarray], grid: Grid, depth: np.ndarray) -> None:
    """Thresholded all tissues off at the inner face of the fat, and put fat and skin around them."""
    voxel_mm, (x, y, z) = float(grid.voxel_mm[0]), make_axes(grid)
    nape = np.exp(-((x / 60) ** 2) - ((y + 105) / 45) ** 2 - ((z + 150) / 60) ** 2)
    inner = coverage(depth + (SKIN_MM + FAT_MM) + NAPE_FAT_MM * nape, voxel_mm)
    for part in tissues.values():
        part *= inner
    under_skin, body = coverage(depth + SKIN_MM, voxel_mm), coverage(depth, voxel_mm)
    tissues["fat"] += under_skin - inner
    tissues["skin"] += body - under_skin


def _smooth_minimum(one: np.ndarray, other: np.ndarray, blend_mm: np.float32) -> np.ndarray:
    """Distance from the union of two bodies whose seam is rounded over blend_mm."""
    share = np.clip(0.5 + (other - one) / (2 * blend_mm), 0, 1)
    return other + (one - other) * share - blend_mm * share * (1 - share)


def _bone(shape: Shape, wall_mm: float) -> list[tuple[str, Shape]]:
    return [("skull", shape), ("marrow", thinner(shape, wall_mm))]


def _both(*parts: tuple[str | None, Shape]) -> list[tuple[str | None, Shape]]:
    return [(name, turn(shape)) for turn in (lambda shape: shape, mirrored) for name, shape in parts]


def _skull_base() -> list[tuple[str | None, Shape]]:
    clivus = Tube(((0, 4, -46), (0, -26, -68)), (9, 7))
    petrous = Tube(((60, -30, -46), (16, -12, -46)), (11, 7))
    mastoid = Ellipsoid((56, -34, -62), (12, 14, 18))
    return [*_bone(clivus, 2), *_both(("skull", petrous), *_bone(mastoid, 3))]


def _face() -> list[tuple[str | None, Shape]]:
    """Orbits, cavities, jaws and tongue, in the order of painting."""
    orbit = Ellipsoid((29, 54, -45), (19, 32, 18))
    eye, lens = Ellipsoid((32, 69, -46), (12, 12, 12)), Ellipsoid((32, 78, -46), (4.5, 2.2, 4.5))
    nerve = Tube(((31, 57, -45), (14, 24, -40)), (2.2, 2.2))
    recti = [
        Tube(((32 + dx, 66, -46 + dz), (17, 28, -42)), (2.2, 1.8)) for dx, dz in ((12, 0), (-12, 0), (0, 12), (0, -12))
    ]
    zygoma = Tube(((64, 4, -58), (56, 42, -62), (44, 66, -66)), (4.5, 4.5, 6))
    maxilla = Ellipsoid((28, 62, -80), (19, 22, 20))
    jaw = Tube(((52, 4, -64), (48, 12, -108), (34, 52, -126), (14, 78, -130), (0, 82, -130)), (6, 8, 8, 8.5, 8.5))
    upper_teeth = Tube(((26, 44, -98), (22, 66, -98), (10, 80, -98), (0, 83, -98)), (6, 6, 6, 6))
    lower_teeth = Tube(((28, 46, -114), (22, 64, -115), (10, 77, -115), (0, 80, -115)), (4.5, 4.5, 4.5, 4.5))
    return [
        *_both(
            ("fat", Ellipsoid((46, 44, -92), (10, 20, 22))),  # cheek
            ("fat", Ellipsoid((60, -2, -86), (9, 15, 24))),  # parotid gland
            ("fat", Ellipsoid((30, 28, -74), (15, 10, 16))),  # behind the maxilla
            ("muscle", Tube(((50, 14, -70), (42, 20, -112)), (9, 7))),  # masseter and pterygoids
            ("skull", Ellipsoid(orbit.centre, tuple(r + 2.5 for r in orbit.radii))),
            ("skull", zygoma),
            ("fat", orbit),
            *(("muscle", rectus) for rectus in recti),
            ("cord", nerve),
            ("skin", Ellipsoid(eye.centre, (13, 13, 13))),
            ("vitreous", eye),
            ("muscle", lens),
            *_bone(maxilla, 2.5),
            (None, Ellipsoid((29, 61, -79), (13, 17, 16))),  # maxillary sinus
            (None, Ellipsoid((9, 79, -24), (8, 3.5, 8))),  # frontal sinus
            (None, Ellipsoid((8, 22, -49), (8, 13, 9))),  # sphenoid sinus
            (None, Ellipsoid((8, 46, -50), (5, 18, 9))),  # ethmoid cells
        ),
        ("skull", Ellipsoid((0, 62, -70), (16, 36, 26))),
        *_both(
            (None, Ellipsoid((7, 62, -72), (6, 37, 22))),  # nasal cavity
            ("muscle", Ellipsoid((8, 58, -78), (3.5, 24, 5))),  # turbinates
            ("muscle", Ellipsoid((7, 54, -65), (3, 20, 4))),
        ),
        ("skull", Ellipsoid((0, 58, -93), (26, 30, 4))),  # palate
        *_both(*_bone(upper_teeth, 3.5), *_bone(jaw, 2.8)),
        (None, Ellipsoid((0, 50, -106), (24, 32, 12))),  # mouth
        *_both(("skull", lower_teeth)),
        ("muscle", Ellipsoid((0, 46, -114), (23, 33, 19))),  # tongue
        ("fat", Ellipsoid((0, 52, -128), (3, 20, 5))),  # its septum, and the floor of the mouth
        (
            None,
            Tube(
                ((0, 32, -74), (0, 8, -82), (0, 0, -108), (0, 4, -134), (0, -2, -160), (0, -22, -215), (0, -44, -262)),
                (9, 8, 6, 6, 7, 8, 8),
            ),
        ),
        ("disc", Ellipsoid((0, 14, -150), (15, 4, 12))),  # thyroid cartilage
    ]


def _spine() -> list[tuple[str | None, Shape]]:
    """Neck muscles with fat between them, vertebrae and discs, and the canal with the cord, from outside to inside."""
    parts: list[tuple[str | None, Shape]] = []
    for muscle in (
        Tube(((54, -36, -74), (44, -10, -130), (22, 0, -205)), (9, 10, 10)),  # sternocleidomastoid
        Tube(((20, -78, -76), (24, -86, -140), (40, -110, -230)), (14, 15, 16)),  # semispinalis and splenius
        Tube(((34, -48, -84), (38, -52, -140), (60, -70, -215)), (11, 12, 14)),  # scalenes
    ):
        wider = thinner(muscle, -1.6)
        parts += _both(("fat", wider), ("muscle", muscle))
    parts += _both(("fat", Tube(((34, -14, -90), (30, -8, -140), (26, -26, -215)), (6, 6, 7))))  # carotid sheath
    parts += _both(("skull", Tube(((34, -14, -84), (29, -8, -140), (24, -26, -215)), (3.2, 3.4, 4))))  # flowing blood
    bodies = _levels()
    ahead = tuple((0.0, y + 17, z) for _, y, z in CORD)
    parts += [("disc", Tube(ahead[1:], (8.5, 9, 10, 11, 12)))]
    for _, y, z in bodies:
        process = Tube(((0, y - 26, z - 2), (0, y - 50, z - 12)), (4.5, 4))
        arch = Tube(((16, y - 6, z), (16, y - 16, z), (0, y - 28, z)), (5, 4.5, 4))
        parts += [*_both(*_bone(arch, 2)), *_bone(process, 2), *_bone(Ellipsoid((0, y, z), (12.5, 9.5, 7.6)), 1.6)]
    dens = Tube(((0, -28, -72), (0, -29, -90)), (4.5, 5.5))
    parts += [*_bone(dens, 1.5), *_bone(Ellipsoid((0, -17, -77), (8, 3.5, 5)), 1.5)]
    parts += [("skull", Tube(CORD[1:], (10, 10, 10, 10, 10))), ("csf", Tube(CORD, (9, 8.5, 8.2, 8.2, 8, 8)))]
    parts += [("cord", Tube(CORD, (5.2, 4.6, 4.6, 4.6, 4.4, 4.2)))]
    parts += _both((None, Ellipsoid((58, -62, -296), (40, 44, 60))))  # tip of the lung
    return parts


def _levels() -> np.ndarray:
    """(LEVELS, 3) mm: centres of the vertebral bodies, in front of the cord."""
    corners = np.array(CORD, dtype=float)
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1))])
    wanted = 26 + LEVEL_MM * np.arange(LEVELS)
    x, y, z = (np.interp(wanted, steps, corners[:, i]) for i in range(3))
    return np.stack([x, y + 17, z], axis=1)
