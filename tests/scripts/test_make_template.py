import numpy as np

from relmaps.io.images import load_grid, read_map, read_mask


def test_the_template_covers_the_brain_at_its_place(simulated):
    grid = load_grid(simulated.template("brain_mask"), simulated.space)
    np.testing.assert_allclose(grid.voxel_mm, 8)
    brain = read_mask(simulated.template("brain_mask"), grid)
    assert 1700 < brain.sum() * 8**3 / 1000 < 2000  # ml, the packaged template's 1883
    tissues = sum(read_map(simulated.template(f"{name}_probseg"), grid) for name in ("GM", "WM", "CSF"))
    np.testing.assert_allclose(tissues[brain].mean(), 1, atol=0.1)
    centre = np.rint(np.linalg.inv(grid.affine) @ [30, -30, 30, 1]).astype(int)[:3]
    assert read_map(simulated.template("WM_probseg"), grid)[tuple(centre)] > 0.5


def test_the_grey_matter_mask_lies_in_the_brain(simulated):
    grid = load_grid(simulated.template("brain_mask"), simulated.space)
    brain, gm = (read_mask(simulated.template(name), grid) for name in ("brain_mask", "gm_mask"))
    assert (gm <= brain).all()
    assert 0.5 < gm.sum() / brain.sum() < 0.95
