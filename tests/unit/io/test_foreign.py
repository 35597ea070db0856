import nibabel as nib
import numpy as np
import pytest
from scipy.io import savemat

from relmaps.io.errors import ScanError, UserError
from relmaps.io.foreign import fill_outside, names_mni, read_foreign_map

pytestmark = pytest.mark.fault


@pytest.fixture
def data(rng, grid):
    return rng.normal(3, 1, grid.shape).astype(np.float32)


@pytest.fixture
def save(tmp_path, grid):
    """Write a NIfTI image with codes of sform and qform."""

    def _save(data, sform=4, qform=0, name="map.nii.gz", affine=grid.affine):
        image = nib.Nifti1Image(data, affine)
        image.set_sform(affine, code=sform)
        image.set_qform(affine if qform else None, code=qform)
        nib.save(image, tmp_path / name)
        return tmp_path / name

    return _save


@pytest.mark.parametrize("codes", [{"sform": 4}, {"sform": 0, "qform": 1}, {"sform": 2, "qform": 2}])
def test_values_and_affine_come_back(save, data, grid, codes):
    image = read_foreign_map(save(data, **codes))
    np.testing.assert_array_equal(image.get_fdata(dtype=np.float32), data)
    np.testing.assert_allclose(image.affine, grid.affine, atol=1e-5)
    assert names_mni(image) == (4 in codes.values())


@pytest.mark.parametrize("axes", [(1,), (1, 1)])
def test_axes_of_length_one_are_dropped(save, data, axes):
    image = read_foreign_map(save(data.reshape(*data.shape, *axes)))
    np.testing.assert_array_equal(image.get_fdata(dtype=np.float32), data)


def test_further_volumes_and_slices_are_refused(save, data):
    with pytest.raises(UserError, match=r"map\.nii\.gz: shape \(9, 11, 8, 2\) is not 3D; give one map per file"):
        read_foreign_map(save(np.stack([data, data], axis=-1)))
    with pytest.raises(UserError, match=r"map\.nii\.gz: shape \(9, 11\) is not 3D"):
        read_foreign_map(save(data[:, :, 0]))


def test_nan_outside_the_brain_is_read_as_0(save, data, brain):
    image = read_foreign_map(save(np.where(brain, data, np.nan)))
    np.testing.assert_array_equal(image.get_fdata(dtype=np.float32), np.where(brain, data, 0))


def test_nan_in_the_brain_is_refused(save, data, brain):
    data = np.where(brain, data, np.nan)
    data[4, 5, 3] = np.nan
    with pytest.raises(UserError, match=r"\(0 infinite, 1 NaN enclosed by values, of 792\); write 0 where nothing"):
        read_foreign_map(save(data))


def test_a_tunnel_of_nan_to_the_border_is_outside(data):
    data[4, 5, :4] = np.nan
    assert (fill_outside(data) == 0).sum() == 4
    data[4, 5, 0] = np.inf
    with pytest.raises(ScanError, match="1 infinite, 3 NaN enclosed"):
        fill_outside(data)


def test_finite_values_are_handed_on_as_they_are(data):
    assert fill_outside(data) is data


@pytest.mark.parametrize("kind", ["nifti", "analyze", "spm99", "spm99_M"])
def test_an_image_without_orientation_is_refused_unless_stated(tmp_path, save, data, grid, kind):
    classes = {"analyze": nib.AnalyzeImage, "spm99": nib.Spm99AnalyzeImage, "spm99_M": nib.Spm99AnalyzeImage}
    if kind == "nifti":
        path = save(data, sform=0)
    else:
        path = tmp_path / "map.img"
        classes[kind](data, grid.affine).to_filename(path)
        path.with_suffix(".mat").unlink(missing_ok=True)
        if kind == "spm99_M":  # without "mat" the sides depend on a default of each reader
            savemat(path.with_suffix(".mat"), {"M": grid.affine}, format="4")
    with pytest.raises(UserError, match=r": no affine .*its orientation is unknown; .*`affine: template`"):
        read_foreign_map(path)
    stated = read_foreign_map(path, grid)
    np.testing.assert_array_equal(stated.get_fdata(dtype=np.float32), data)
    np.testing.assert_array_equal(stated.affine, grid.affine)


def test_spm99_with_its_mat_keeps_its_place(tmp_path, data, grid):
    nib.Spm99AnalyzeImage(data, grid.affine).to_filename(tmp_path / "map.img")
    np.testing.assert_allclose(read_foreign_map(tmp_path / "map.img").affine, grid.affine)


def test_the_template_s_affine_is_for_images_on_its_grid_without_one(save, data, grid):
    with pytest.raises(UserError, match=r"map\.nii\.gz: has an affine of its own; remove `affine: template`"):
        read_foreign_map(save(data), grid)
    with pytest.raises(UserError, match=r"has 8 x 11 x 8 voxels, but the study's grid, .* 9 x 11 x 8; give an image"):
        read_foreign_map(save(data[1:], sform=0), grid)


@pytest.mark.parametrize("codes", [{"sform": 3}, {"sform": 0, "qform": 3}, {"sform": 4, "qform": 3}, {"sform": 5}])
def test_another_space_is_refused_in_either_form(save, data, codes):
    with pytest.raises(UserError, match=r"header says (Talairach space|a template other than MNI) \(.form_code [35]"):
        read_foreign_map(save(data, **codes))


@pytest.mark.parametrize(("name", "space"), [("sub-1_space-T1w_map.nii.gz", "T1w"), ("space-fsaverage_z.nii", "fsav")])
def test_another_space_in_the_name_is_refused(save, data, name, space):
    with pytest.raises(UserError, match=f"its name says space {space}.*; convert it to MNI space"):
        read_foreign_map(save(data, name=name))
    assert names_mni(read_foreign_map(save(data, name="group_space-MNI152NLin6Asym_z.nii.gz")))


@pytest.mark.parametrize(
    ("space", "known"), [("MNI", True), ("MNI_2009c_asym", True), ("TLRC", False), ("ORIG", False)]
)
def test_the_space_of_afni_counts_more_than_the_code(tmp_path, data, grid, space, known):
    """AFNI gives every template the code of Talairach space."""
    image = nib.Nifti1Image(data, grid.affine)
    image.set_sform(grid.affine, code=3)
    attribute = f'<AFNI_atr ni_type="String" atr_name="TEMPLATE_SPACE" >\n "{space}" </AFNI_atr>'
    image.header.extensions.append(nib.nifti1.Nifti1Extension(4, attribute.encode()))
    nib.save(image, tmp_path / "map.nii")
    if known:
        assert names_mni(read_foreign_map(tmp_path / "map.nii"))
    else:
        with pytest.raises(UserError, match=f"map.nii: its AFNI header says space {space}; convert it to MNI space"):
            read_foreign_map(tmp_path / "map.nii")


def test_forms_that_disagree_about_the_sides_are_refused(tmp_path, data, grid):
    image = nib.Nifti1Image(data, grid.affine)
    image.set_sform(grid.affine, code=4)
    image.set_qform(grid.affine @ np.diag([-1, 1, 1, 1]), code=1)
    nib.save(image, tmp_path / "map.nii.gz")
    with pytest.raises(UserError, match=r"map\.nii\.gz: sform and qform disagree about left and right"):
        read_foreign_map(tmp_path / "map.nii.gz")


def test_images_that_are_no_map_are_refused(tmp_path, save, data, grid):
    colours = np.zeros(grid.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nib.save(nib.Nifti1Image(colours, grid.affine), tmp_path / "rgb.nii.gz")
    with pytest.raises(UserError, match=r"rgb\.nii\.gz: its voxels are not one real number each \(RGB or complex\)"):
        read_foreign_map(tmp_path / "rgb.nii.gz")
    with pytest.raises(UserError, match=r"map\.nii\.gz: its voxels are not one real number each"):
        read_foreign_map(save(data.astype(np.complex64)))
    surface = nib.GiftiImage(darrays=[nib.gifti.GiftiDataArray(np.ones(9, np.float32))])
    nib.save(surface, tmp_path / "map.shape.gii")
    with pytest.raises(UserError, match=r"map\.shape\.gii: not a volume but GiftiImage; give a NIfTI volume in MNI"):
        read_foreign_map(tmp_path / "map.shape.gii")


def test_files_that_cannot_be_read_are_refused(tmp_path, save, data):
    path = save(data)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(UserError, match=r"map\.nii\.gz: damaged \(.*copy the file again"):
        read_foreign_map(path)
    with pytest.raises(UserError, match=r"nowhere\.nii: no such image; check the path"):
        read_foreign_map(tmp_path / "nowhere.nii")
    (tmp_path / "link.nii.gz").symlink_to(".git/annex/objects/x.nii.gz")
    with pytest.raises(UserError, match=r"link\.nii\.gz: the link leads nowhere; "):
        read_foreign_map(tmp_path / "link.nii.gz")
    (tmp_path / "text.nii").write_text("no image")
    with pytest.raises(UserError, match=r"text\.nii: not a NIfTI image"):
        read_foreign_map(tmp_path / "text.nii")
