import nibabel as nib
import numpy as np
import pytest
import torch

from relmaps.io.errors import UserError
from relmaps.relevance.methods.method import Context, explained_value
from relmaps.relevance.methods.region_occlusion import RegionOcclusion
from relmaps.space.ellipsoids import stated_regions


@pytest.fixture
def context(grid, brain):
    return Context(grid, brain, controls=None, images_at_once=13)


@pytest.fixture
def labels(grid):
    """Three regions, numbers with gaps, and voxels of none."""
    labels = np.zeros(grid.shape, dtype=np.int16)
    labels[:4, 3:8], labels[4:, :5, 2:6], labels[5:, 7:, :4] = 3, 17, 2001
    return labels


def literal_region_occlusion(network, x, coefficients, labels):
    value = explained_value(network, x, coefficients)
    maps = torch.zeros(x[:, 0].shape)
    for number in np.unique(labels[labels > 0]):
        inside = torch.from_numpy(labels == number)
        hidden = torch.where(inside, 0, x)
        maps[:, inside] = (value - explained_value(network, hidden, coefficients))[:, None]
    return maps


@pytest.mark.parametrize("n", [1, 5])
def test_atlas_equals_literal_loop(network, scans, context, grid, labels, tmp_path, n):
    x, coefficients = (part[:n] for part in scans)
    nib.save(nib.Nifti1Image(labels, grid.affine), tmp_path / "atlas.nii.gz")
    method = RegionOcclusion(str(tmp_path / "atlas.nii.gz")).prepared(context)
    literal = literal_region_occlusion(network, x, coefficients, labels)
    maps = method.explain(network, x, coefficients)
    torch.testing.assert_close(maps, literal, rtol=1e-3, atol=1e-5)
    assert len(maps[0].unique()) == 4


def test_without_an_atlas_the_stated_regions_are_hidden(network, scans, context, grid):
    x, coefficients = scans
    maps = RegionOcclusion(None).prepared(context).explain(network, x, coefficients)
    literal = literal_region_occlusion(network, x, coefficients, stated_regions(grid))
    torch.testing.assert_close(maps, literal, rtol=1e-3, atol=1e-5)


def test_atlas_beside_the_brain_is_told(context, grid, labels, tmp_path):
    affine = grid.affine.copy()
    affine[:3, 3] += 500
    nib.save(nib.Nifti1Image(labels, affine), tmp_path / "far.nii.gz")
    with pytest.raises(UserError, match=r"far.nii.gz: no region is in the brain"):
        RegionOcclusion(str(tmp_path / "far.nii.gz")).prepared(context)
