import numpy as np
import pytest

from relmaps.relevance.checks.location import EDGE_MM, label_tissues, location_rows


@pytest.fixture
def cube():
    """A brain of 10 voxels a side that touches a face of the grid of 12; along x lie gm, wm, csf and nothing."""
    brain = np.zeros((12, 12, 12), dtype=bool)
    brain[:10, 1:11, 1:11] = True
    volumes = np.zeros((3, 12, 12, 12), dtype=np.float32)
    volumes[0, :4], volumes[1, :4] = 0.6, 0.4
    volumes[1, 4:6], volumes[0, 4:6] = 0.7, 0.3
    volumes[2, 6:7] = 1
    return brain, volumes


def tissues_in(brain, volumes, voxel_mm):
    volume = np.full(brain.shape, "none", dtype="<U4")
    volume[brain] = label_tissues(brain, *volumes, np.asarray(voxel_mm, dtype=float))
    return volume


def test_the_edge_takes_precedence_over_the_most_probable_tissue(cube):
    brain, volumes = cube
    tissues = tissues_in(brain, volumes, [4, 4, 4])
    outermost = brain.copy()
    outermost[1:9, 2:10, 2:10] = False
    np.testing.assert_array_equal(tissues == "edge", outermost)
    assert (tissues[1:4, 2:10, 2:10] == "gm").all()
    assert (tissues[4:6, 2:10, 2:10] == "wm").all()
    assert (tissues[6:9, 2:10, 2:10] == "csf").all()  # also where no tissue is probable


def test_the_edge_is_as_thick_in_millimetres_whatever_the_voxel(cube):
    brain, volumes = cube
    middle = tissues_in(brain, volumes, [1.5, 1.5, 1.5])[:, 6, 6]
    assert (middle[:10] == "edge").sum() == 2 * int(EDGE_MM // 1.5)


def test_coarse_voxels_have_an_edge_of_one(cube):
    brain, volumes = cube
    assert (tissues_in(brain, volumes, [8, 8, 8])[:10, 6, 6] == "edge").sum() == 2


def test_shares_add_up_and_have_the_volume_beside_them(cube, rng):
    brain, volumes = cube
    tissues = label_tissues(brain, *volumes, np.full(3, 4.0))
    values = rng.normal(size=brain.sum())
    table = location_rows(values, tissues, brain, 0.25).set_index("tissue")
    assert list(table.index) == ["gm", "wm", "csf", "edge", "outside"]
    for tissue in ("gm", "edge"):
        mine = [abs(value) for value, where in zip(values, tissues, strict=True) if where == tissue]
        assert table.loc[tissue, "share"] == pytest.approx(sum(mine) / np.abs(values).sum())
        assert table.loc[tissue, "volume_share"] == pytest.approx(len(mine) / len(values))
    np.testing.assert_allclose(table.loc["gm":"edge"].sum(), 1)
    assert table.loc["outside"].tolist() == pytest.approx([0.25, 1 - 1000 / 12**3])


def test_an_empty_map_lies_nowhere(cube):
    brain, volumes = cube
    tissues = label_tissues(brain, *volumes, np.full(3, 4.0))
    table = location_rows(np.zeros(brain.sum()), tissues, brain, np.nan)
    assert table["share"].isna().all()
