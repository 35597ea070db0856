import numpy as np

from relmaps.relevance.model_free.hippocampus_distance import HIPPOCAMPUS, hippocampus_nearness
from relmaps.space.grid import Grid


def test_values_equal_a_literal_loop(grid, brain):
    distances = []
    for place in np.argwhere(brain):
        x, y, z, _ = grid.affine @ [*place, 1]
        distances.append(min(np.sqrt((x - side * 27) ** 2 + (y + 20) ** 2 + (z + 10) ** 2) for side in (-1, 1)))
    found = hippocampus_nearness(grid, brain)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, max(distances) - np.array(distances), rtol=1e-5, atol=1e-5)


def test_each_side_peaks_at_its_own_centre_on_an_oblique_grid():
    """Turned about z and flipped in memory; the farthest voxel is 0."""
    turn = np.deg2rad(20)
    affine = np.eye(4)
    affine[:3, :3] = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]) * [
        -4,
        5,
        3,
    ]
    affine[:3, 3] = [70, -100, -60]
    grid = Grid((36, 38, 40), affine, "x")
    brain = np.ones(grid.shape, dtype=bool)
    values = hippocampus_nearness(grid, brain).reshape(grid.shape)
    x, y, z = grid.coordinates()
    for side in (-1, 1):
        on_side = np.where(side * x > 0, values, -1)
        peak = np.array([axis[np.unravel_index(on_side.argmax(), grid.shape)] for axis in (x, y, z)])
        assert np.abs(peak - np.multiply(HIPPOCAMPUS, (side, 1, 1))).max() < 5
    assert values.min() == 0
