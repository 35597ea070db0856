from dataclasses import replace

import numpy as np
import pytest

from relmaps.figures.maps import CLIP_PERCENTILE, Panel, colour_limit, plot_maps, select_slices


def shown_at(axes, x, y):
    """Value of the topmost image of the axes at a point in mm."""
    image = axes.images[-1]
    values = np.asarray(image.get_array())
    left, right, back, front = image.get_extent()
    column = int((x - left) / (right - left) * values.shape[1])
    row = int((y - back) / (front - back) * values.shape[0])
    return values[row, column]


@pytest.mark.parametrize("flip", [False, True])
def test_a_voxel_is_shown_where_it_lies_in_mm(grid, brain, flip):
    if flip:
        affine = grid.affine.copy()
        affine[0, 0], affine[0, 3] = -8, 31
        grid = replace(grid, affine=affine)
    data = np.zeros(grid.shape)
    data[6, 3, 2] = 5
    axes = plot_maps([Panel("m", "t", data)], np.zeros(grid.shape, bool), brain.astype(float), brain, grid).axes
    x, y, z = grid.coordinates()[:, 6, 3, 2]
    shown = {panel.get_title(): shown_at(panel, x, y) for panel in axes if panel.images and panel.get_title()}
    name = f"z {z:+.0f} mm".replace("-", "−")
    assert shown[name] == 5
    assert sum(shown.values()) == 5
    low, high = axes[0].get_xlim()
    assert low < high  # x grows to the right: the left of the brain is on the left
    assert [text.get_text() for text in axes[0].texts] == ["L", "R"]


def test_slices_hold_brain_and_none_twice(grid, brain):
    assert select_slices(grid, brain, (-13, -12.5, 8, 500)) == [
        1,
        4,
    ]  # 500 mm would be the top slice, which has no brain


def test_colour_scale_is_symmetric_and_never_empty(brain, rng):
    data = rng.normal(size=brain.shape)
    data[~brain] = 1e6
    assert colour_limit(data, brain) == pytest.approx(np.percentile(np.abs(data[brain]), CLIP_PERCENTILE))
    assert colour_limit(np.zeros(brain.shape), brain) == 1
    sparse = np.zeros(brain.shape)
    sparse[4, 5, 3] = -3
    assert colour_limit(sparse, brain) == pytest.approx(3)


def test_every_map_has_the_same_slices_and_its_units(grid, brain, rng):
    panels = [Panel(name, f"units of {name}", rng.normal(size=grid.shape) * 1e-5) for name in ("a", "b")]
    figure = plot_maps(panels, brain, brain.astype(float), brain, grid)
    n_slices = len(select_slices(grid, brain))
    assert sum(bool(axes.images) for axes in figure.axes) == 2 * n_slices
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert [text.split("\n")[0] for text in texts if "units" in text] == ["units of a", "units of b"]
    assert all("10^{-5}" in text for text in texts if "units" in text)
