"""The template on the study's grid: the packaged one, the paper's box, and images of the user's own."""

import nibabel as nib
import numpy as np
import pytest
from nilearn import datasets

from relmaps.io.errors import UserError
from relmaps.io.images import load_grid
from relmaps.preprocess import template as template_module
from relmaps.preprocess.template import IMAGES, load_template, template_paths, write_template
from relmaps.space import mni152
from relmaps.space.mni152 import grid_over
from relmaps.space.template import from_files

pytestmark = pytest.mark.slow

SPACE = "MNI152NLin2009cSym"
SHAPE = (20, 24, 22)
AFFINE = np.array([[4.0, 0, 0, -37], [0, 4, 0, -50], [0, 0, 4, -41], [0, 0, 0, 1]])
STORED = {"RAS": np.diag([1.0, 1, 1, 1]), "LAS": np.diag([-1.0, 1, 1, 1])}


def stored(data: np.ndarray, axes: str, affine: np.ndarray = AFFINE) -> nib.Nifti1Image:
    """An image whose axes run as they are named; data and affine are RAS+."""
    image = nib.Nifti1Image(data, affine)
    return image.as_reoriented(
        nib.orientations.ornt_transform(nib.io_orientation(image.affine), nib.orientations.axcodes2ornt(axes))
    )


@pytest.fixture
def parts(rng) -> dict[str, np.ndarray]:
    """brain_mask, t1 with skull, gm, wm and csf, RAS+; white matter lies on the right, in the front and at the top."""
    radius = np.linalg.norm((np.indices(SHAPE).T - [9.0, 12, 10]) / [8, 10, 9], axis=-1).T
    brain = radius < 0.8
    gm = np.where(brain, 0.9, 0.0)
    wm = np.zeros(SHAPE)
    wm[10:14, 13:17, 10:14], gm[10:14, 13:17, 10:14] = 1, 0
    gm[9, 12, 10] = 1
    csf = np.where(brain, 1 - gm - wm, 0)
    t1 = 100 * wm + 70 * gm + 30 * csf + np.where((radius > 0.9) & (radius < 1), 400, 0)  # fat around the head
    return {"brain_mask": brain.astype(float), "t1": t1 + rng.random(SHAPE), "gm": gm, "wm": wm, "csf": csf}


@pytest.fixture
def files(tmp_path, parts) -> dict[str, str | None]:
    """As a configuration names them: stored left-handed, probabilities in 0..255, and no csf."""
    paths = {name: tmp_path / f"{name}.nii.gz" for name in parts}
    for name, data in parts.items():
        if name in ("gm", "wm", "csf"):
            data = np.rint(255 * data).astype(np.uint8)
        nib.save(stored(data.astype(np.uint8 if data.dtype == np.uint8 else np.float32), "LAS"), paths[name])
    return {name: str(path) for name, path in paths.items()} | {"csf": None}


def written(folder, voxel_mm, **options) -> dict[str, nib.Nifti1Image]:
    write_template(voxel_mm, SPACE, folder, **options)
    return load_template(folder, SPACE)


def compute_centre(image: nib.Nifti1Image) -> np.ndarray:
    """(3,) mm: centre of mass."""
    data = image.get_fdata()
    indices = np.indices(data.shape).reshape(3, -1)
    return nib.affines.apply_affine(image.affine, (indices * data.ravel()).sum(axis=1) / data.sum())


def test_on_its_own_grid_a_template_keeps_its_voxels(tmp_path, files, parts):
    images = written(tmp_path / "template", 4, files=files)
    brain = parts["brain_mask"] > 0
    for name, image in images.items():
        np.testing.assert_allclose(image.affine, AFFINE, atol=1e-5, err_msg=name)
        assert nib.aff2axcodes(image.affine) == ("R", "A", "S")
    np.testing.assert_array_equal(images["brain_mask"].get_fdata(), brain)
    for tissue in ("gm", "wm", "csf"):
        values = images[f"{tissue.upper()}_probseg"].get_fdata()
        np.testing.assert_allclose(values, parts[tissue], atol=1 / 255, err_msg=tissue)
    np.testing.assert_array_equal(images["gm_mask"].get_fdata(), brain & (parts["gm"] > 0.2))
    t1 = images["T1w"].get_fdata()
    assert (t1[~brain] == 0).all(), "the skull is left out"
    scale = parts["t1"][brain] / t1[brain]
    np.testing.assert_allclose(scale, scale[0], rtol=1e-5)
    assert (t1 > 1).sum() <= 0.001 * brain.sum() + 1


def test_masks_are_stored_as_bytes_and_the_rest_as_floats_in_mni_space(tmp_path, files):
    images = written(tmp_path / "template", 8, files=files)
    assert set(images) == set(IMAGES)
    for name, image in images.items():
        assert image.get_data_dtype() == (np.uint8 if name.endswith("mask") else np.float32), name
        assert int(image.header["sform_code"]) == 4
        assert image.get_filename().endswith(f"{SPACE}_{name}.nii.gz")


@pytest.mark.parametrize("axes", ["RAS", "LAS", "PSR", "ILP"])
def test_the_storage_of_the_files_makes_no_difference(tmp_path, files, parts, axes):
    before = written(tmp_path / "before", 5, files=files)
    nib.save(stored(parts["t1"].astype(np.float32), axes), files["t1"])
    nib.save(stored(255 * parts["wm"].astype(np.float32), axes), files["wm"])
    after = written(tmp_path / "after", 5, files=files)
    for name in IMAGES:
        np.testing.assert_allclose(after[name].get_fdata(), before[name].get_fdata(), atol=1e-5, err_msg=name)


def test_probabilities_share_one_scale(tmp_path, files, parts):
    """A map whose own maximum is low stays low."""
    faint = np.rint(255 * parts["wm"] / 10).astype(np.uint8)
    nib.save(stored(faint, "LAS"), files["wm"])
    images = written(tmp_path / "template", 4, files=files)
    np.testing.assert_allclose(images["WM_probseg"].get_fdata(), parts["wm"] / 10, atol=1 / 255)


def test_tissue_maps_of_zeros_are_named(tmp_path, files, parts):
    for name in ("gm", "wm"):
        nib.save(stored(-parts[name].astype(np.float32), "RAS"), files[name])
    with pytest.raises(UserError, match=r"gm.nii.gz: nothing above 0; check preprocess.template.images"):
        write_template(4, SPACE, tmp_path / "template", files=files)


@pytest.mark.parametrize("voxel_mm", [5, 7])
def test_on_a_coarser_grid_everything_keeps_its_place_and_its_volume(tmp_path, files, parts, voxel_mm):
    images = written(tmp_path / "template", voxel_mm, files=files)
    for tissue in ("gm", "wm"):
        old, new = nib.Nifti1Image(parts[tissue], AFFINE), images[f"{tissue.upper()}_probseg"]
        np.testing.assert_allclose(compute_centre(new), compute_centre(old), atol=0.4, err_msg=tissue)
        assert new.get_fdata().sum() * voxel_mm**3 == pytest.approx(parts[tissue].sum() * 4**3, rel=0.05)
    total = sum(images[f"{tissue}_probseg"].get_fdata() for tissue in ("GM", "WM", "CSF"))
    assert total.max() < 1 + 1e-5
    brain = images["brain_mask"].get_fdata() > 0
    assert total[brain].min() >= 0.5 - 1e-5
    assert (images["T1w"].get_fdata()[~brain] == 0).all()


def test_the_skull_does_not_shine_into_the_brain_of_a_coarser_grid(tmp_path, files, parts):
    before = written(tmp_path / "before", 7, files=files)
    brighter = np.where(parts["brain_mask"] > 0, parts["t1"], 9000).astype(np.float32)
    nib.save(stored(brighter, "LAS"), files["t1"])
    after = written(tmp_path / "after", 7, files=files)
    np.testing.assert_allclose(after["T1w"].get_fdata(), before["T1w"].get_fdata(), atol=1e-5)


def test_voxels_that_are_not_cubes_keep_their_place(tmp_path, files, parts):
    affine = np.diag([3.0, 4.5, 6, 1])
    affine[:3, 3] = [11, -70, 23]
    for name, path in files.items():
        if path:
            nib.save(stored(parts[name].astype(np.float32), "LAS", affine), path)
    images = written(tmp_path / "template", 6, files=files)
    old = nib.Nifti1Image(parts["wm"], affine)
    np.testing.assert_allclose(compute_centre(images["WM_probseg"]), compute_centre(old), atol=0.5)
    assert images["T1w"].shape == (10, 18, 22)


def test_csf_is_taken_where_there_is_one_and_is_the_rest_of_the_brain_otherwise(files, parts, tmp_path):
    without = from_files(files)
    total = sum(without.fractions.values())
    np.testing.assert_allclose(total, parts["brain_mask"], atol=1e-6)
    thin = np.where(parts["wm"] > 0, 0, 0.5 * parts["brain_mask"])
    nib.save(stored((255 * thin).astype(np.float32), "LAS"), tmp_path / "csf.nii.gz")
    given = from_files(files | {"csf": str(tmp_path / "csf.nii.gz")}).fractions["csf"]
    voxel = (9, 11, 9)
    assert parts["gm"][voxel] == 0.9
    assert given[voxel] == pytest.approx(0.5 / 1.4, rel=0.01), "parts that sum to more than 1 are scaled to 1"


def test_probabilities_of_any_maximum_are_the_same(files, parts):
    before = from_files(files)
    for name in ("gm", "wm"):
        nib.save(stored((7.5 * parts[name]).astype(np.float32), "LAS"), files[name])
    nib.save(stored(parts["brain_mask"].astype(np.float32) * 1000, "LAS"), files["brain_mask"])
    after = from_files(files)
    np.testing.assert_array_equal(after.brain, before.brain)
    np.testing.assert_allclose(after.fractions["gm"], before.fractions["gm"], atol=1 / 255)


@pytest.mark.parametrize("name", ["brain_mask", "gm", "wm", "csf"])
@pytest.mark.parametrize("fault", ["shape", "origin", "voxel size"])
def test_an_image_on_another_grid_than_the_t1_is_named(tmp_path, files, parts, name, fault):
    affine, data = AFFINE.copy(), parts[name].astype(np.float32)
    if fault == "shape":
        data = data[:-1]
    elif fault == "origin":
        affine[1, 3] += 0.5
    else:
        affine[2, 2] = 4.1
    path = tmp_path / "other.nii.gz"
    nib.save(stored(data, "RAS", affine), path)
    with pytest.raises(UserError, match=r"other.nii.gz: is not on the grid of .*t1.nii.gz; resample it to that$"):
        from_files(files | {name: str(path)})


def test_axes_that_are_turned_are_refused(files, parts):
    turn = nib.affines.from_matvec(nib.eulerangles.euler2mat(0.1, 0, 0)) @ AFFINE
    for name, path in files.items():
        if path:
            nib.save(nib.Nifti1Image(parts[name].astype(np.float32), turn), path)
    with pytest.raises(UserError, match=r"t1.nii.gz: its axes are turned against .*; resample it"):
        from_files(files)


def test_a_template_without_brain_in_its_box_is_refused(tmp_path, files, parts):
    far = AFFINE.copy()
    far[:3, 3] += 500
    for name, path in files.items():
        if path:
            nib.save(stored(parts[name].astype(np.float32), "LAS", far), path)
    with pytest.raises(UserError, match="no brain lies in the box of MNI152NLin2009cSym; check brain_mask and box"):
        write_template(8, SPACE, tmp_path / "template", box="paper", files=files)
    assert written(tmp_path / "template", 8, files=files)["brain_mask"].get_fdata().any(), "in its own box it does"


@pytest.mark.parametrize("voxel_mm", [1, 2, 3, 8])
def test_a_grid_covers_its_box_from_the_first_edge_to_beyond_the_last(voxel_mm):
    affine = np.diag([2.0, 3, 4, 1])
    affine[:3, 3] = [-31, 7, 12]
    grid = grid_over((10, 9, 8), affine, voxel_mm, SPACE)
    first_edge, last_edge = [-32, 5.5, 10], [-32 + 20, 5.5 + 27, 10 + 32]
    np.testing.assert_allclose(grid.affine[:3, 3] - voxel_mm / 2, first_edge)
    np.testing.assert_array_equal(grid.affine[:3, :3], voxel_mm * np.eye(3))
    beyond = first_edge + voxel_mm * np.array(grid.shape) - last_edge
    assert ((beyond >= 0) & (beyond < voxel_mm)).all()
    assert grid.space == SPACE


def test_a_grid_at_the_sources_voxel_size_is_the_sources_own():
    grid = grid_over(SHAPE, AFFINE, 4, SPACE)
    assert grid.fits(SHAPE, AFFINE)


def test_the_papers_box_at_1_mm_is_that_of_the_paper(tmp_path, files, monkeypatch):
    grids = []

    def nothing(grid, source):
        grids.append(grid)
        return {"brain_mask": np.zeros(1)}

    monkeypatch.setattr(template_module, "make_template", nothing)
    with pytest.raises(UserError, match="no brain"):
        write_template(1, SPACE, tmp_path, box="paper", files=files)
    (grid,) = grids
    assert grid.shape == (193, 229, 193)
    np.testing.assert_array_equal(grid.affine, [[1, 0, 0, -96], [0, 1, 0, -132], [0, 0, 1, -78], [0, 0, 0, 1]])


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    """The packaged template at 6 mm in its own box and in the paper's."""
    folder = tmp_path_factory.mktemp("packaged")
    return {box: written(folder / box, 6, box=box) for box in ("template", "paper")}


def test_the_packaged_images_lie_where_nilearn_says():
    for load in (
        datasets.load_mni152_template,
        datasets.load_mni152_brain_mask,
        datasets.load_mni152_gm_template,
        datasets.load_mni152_wm_template,
    ):
        image = load(resolution=1)
        assert image.shape == mni152.SHAPE
        np.testing.assert_array_equal(image.affine, mni152.AFFINE)


@pytest.mark.parametrize("box", ["template", "paper"])
def test_the_packaged_brain_is_symmetric_about_x_0_with_its_back_at_the_back(packaged, box):
    images = packaged[box]
    for name in ("T1w", "GM_probseg", "WM_probseg", "CSF_probseg"):
        assert nib.aff2axcodes(images[name].affine) == ("R", "A", "S")
        assert compute_centre(images[name])[0] == pytest.approx(0, abs=0.1)

    def value(name, *place):
        image = images[name]
        voxel = np.rint(nib.affines.apply_affine(np.linalg.inv(image.affine), place)).astype(int)
        return image.get_fdata()[tuple(voxel)]

    assert value("brain_mask", 20, -70, -40) == 1, "the cerebellum"
    assert value("brain_mask", 20, 60, -40) == 0, "below the forehead"
    for side in (-1, 1):
        assert value("WM_probseg", side * 26, -20, 32) > 0.8


def test_the_packaged_template_in_the_papers_box_is_the_same_brain(packaged):
    own, paper = packaged["template"], packaged["paper"]
    assert load_grid(paper["T1w"].get_filename(), SPACE).shape == (33, 39, 33)
    np.testing.assert_allclose(paper["T1w"].affine[:3, 3], [-93.5, -129.5, -75.5])
    for name in IMAGES:
        np.testing.assert_allclose(compute_centre(paper[name]), compute_centre(own[name]), atol=0.2, err_msg=name)
        assert paper[name].get_fdata().sum() == pytest.approx(own[name].get_fdata().sum(), rel=0.01)


def test_paths_of_a_template_carry_its_space_and_name(tmp_path):
    assert template_paths(tmp_path, SPACE)["gm_mask"] == tmp_path / f"{SPACE}_gm_mask.nii.gz"
