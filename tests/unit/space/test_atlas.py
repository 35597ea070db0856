from inspect import signature

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from nilearn import datasets
from sklearn.utils import Bunch

from relmaps.io.errors import UserError
from relmaps.io.tables import write_table
from relmaps.space import atlas
from relmaps.space.atlas import ELSEWHERE, open_atlas
from relmaps.space.ellipsoids import AFFECTED, SPARED, stated_regions

pytestmark = pytest.mark.fault


@pytest.fixture
def labelled(tmp_path, grid, rng):
    """An image of labels 0, 4, 17 and 300 on the study's grid; its values and its path."""
    values = rng.choice([0, 4, 17, 300], grid.shape).astype(np.int16)
    nib.save(nib.Nifti1Image(values, grid.affine), tmp_path / "atlas.nii.gz")
    return values, str(tmp_path / "atlas.nii.gz")


@pytest.fixture
def table(tmp_path):
    """Write a label table and give its path."""

    def write(index, name):
        write_table(pd.DataFrame({"index": index, "name": name}), tmp_path / "dseg.tsv")
        return str(tmp_path / "dseg.tsv")

    return write


NAMES = {300: "thalamus", 0: "background", 4: "hippocampus", 5: "nowhere", 17: "7"}


def test_labels_get_their_names(labelled, table, grid):
    values, path = labelled
    found = open_atlas(path, table(list(NAMES), list(NAMES.values())), grid)
    assert found.names == [ELSEWHERE, "thalamus", "hippocampus", "nowhere", "7"]
    literal = [ELSEWHERE if value == 0 else NAMES[value] for value in values.ravel()]
    assert [found.names[number] for number in found.numbers.ravel()] == literal


def test_an_atlas_of_another_grid_gives_the_nearest_label(tmp_path, table, grid):
    """A finer grid, flipped: left of x = 0 is 1 and right of it is 2."""
    affine = np.array([[-2.0, 0, 0, 81], [0, 4, 0, -80], [0, 0, 4, -60], [0, 0, 0, 1]])
    x = 81 - 2.0 * np.indices((81, 45, 40))[0]
    nib.save(nib.Nifti1Image(np.where(x < 0, 1, 2).astype(np.uint8), affine), tmp_path / "sides.nii")
    found = open_atlas(str(tmp_path / "sides.nii"), table([1, 2], ["left", "right"]), grid)
    sides = np.array(found.names)[found.numbers]
    np.testing.assert_array_equal(sides, np.where(grid.coordinates()[0] < 0, "left", "right"))


def test_without_an_atlas_the_stated_ellipsoids_are_named(grid):
    found = open_atlas(None, None, grid)
    np.testing.assert_array_equal(found.numbers, stated_regions(grid))
    assert len(found.names) == 1 + 2 * len(AFFECTED | SPARED)
    for number in np.unique(found.numbers[found.numbers > 0]):
        x = grid.coordinates()[0][found.numbers == number]
        assert (x > 0).all() if found.names[number].startswith("right ") else (x < 0).all()
    assert found.names[found.numbers[8, 4, 2]] == "right hippocampus"  # voxel at (31, -16, -6)
    assert found.names[1:3] == ["right hippocampus", "left hippocampus"]


@pytest.mark.parametrize(
    ("index", "name", "message"),
    [
        ([4, 17], ["a", "b"], r"dseg.tsv: label 300 of .*atlas.nii.gz has no name"),
        ([4], ["a"], r"label 17 and 1 more of .* has no name"),
        ([4, 17, 300], ["a", None, "b"], r"label 17 of .* has no name"),
        ([4, 17, 300], ["a", "b", "b"], r"dseg.tsv: name b stands there twice"),
        ([4, 17, 17, 300], ["a", "b", "c", "d"], r"dseg.tsv: index 17 stands there twice"),
        (["4", "xvii"], ["a", "b"], r"dseg.tsv: column index has values that are no whole numbers"),
        ([4.5, 17], ["a", "b"], r"no whole numbers"),
        ([-4, 17], ["a", "b"], r"no whole numbers"),
    ],
)
def test_a_table_that_does_not_fit_is_told(labelled, table, grid, index, name, message):
    with pytest.raises(UserError, match=message) as error:
        open_atlas(labelled[1], table(index, name), grid)
    assert "\n" not in str(error.value)


def test_an_image_and_a_table_belong_together(labelled, table, grid):
    with pytest.raises(UserError, match=r"overlap.atlas.labels is missing"):
        open_atlas(labelled[1], None, grid)
    for image in (None, "nilearn:aal"):
        with pytest.raises(UserError, match=r"overlap.atlas.labels belongs to an image of your own"):
            open_atlas(image, table([1], ["a"]), grid)


def test_a_table_lacks_no_column(labelled, tmp_path, grid):
    write_table(pd.DataFrame({"index": [4], "region": "a"}), tmp_path / "labels.tsv")
    with pytest.raises(UserError, match=r"labels.tsv: column name is missing"):
        open_atlas(labelled[1], str(tmp_path / "labels.tsv"), grid)


def test_a_table_that_swallows_a_row_or_repeats_a_column_is_not_guessed(labelled, tmp_path, grid):
    path = tmp_path / "labels.tsv"
    path.write_text('index\tname\n4\t"a\n17\tb\n300\tc"\n')
    assert open_atlas(labelled[1], str(path), grid).names[1:] == ['"a', "b", 'c"']
    path.write_text("index\tname\tname\n4\ta\tb\n")
    with pytest.raises(UserError, match=r"labels.tsv: column name stands twice; rename one of them"):
        open_atlas(labelled[1], str(path), grid)


def test_an_atlas_beside_the_grid_is_told(tmp_path, table, grid):
    values = np.zeros((5, 5, 5), dtype=np.uint8)
    values[2, 2, 2] = 1
    nib.save(nib.Nifti1Image(values, np.diag([1.0, 1, 1, 1]) + 500 * np.eye(4, k=3)), tmp_path / "far.nii")
    with pytest.raises(UserError, match=r"far.nii: no region lies in the study's template"):
        open_atlas(str(tmp_path / "far.nii"), table([1], ["a"]), grid)


def test_nilearn_fetches_by_name(labelled, grid, monkeypatch):
    values, path = labelled
    lut = pd.DataFrame({"index": [0, 4, 17, 300], "name": ["Background", "a", "b", "c"]})

    def fetch(verbose, **settings):
        return Bunch(maps=path if settings else nib.load(path), lut=lut, **({} if settings else {"filename": path}))

    monkeypatch.setattr(datasets, "fetch_atlas_aal", fetch)
    for settings in ({}, {"version": "x"}):  # an image and its file name, or a path
        monkeypatch.setitem(atlas.FETCHED, "aal", ("fetch_atlas_aal", settings))
        found = open_atlas("nilearn:aal", None, grid)
        assert found.names == [ELSEWHERE, "a", "b", "c"]
        np.testing.assert_array_equal(found.numbers > 0, values > 0)


def test_what_cannot_be_fetched_is_told(grid, monkeypatch):
    def fetch(**settings):
        raise ConnectionError("no route to host")

    monkeypatch.setattr(datasets, "fetch_atlas_aal", fetch)
    with pytest.raises(UserError, match=r"nilearn:aal could not be fetched \(ConnectionError\); go online once"):
        open_atlas("nilearn:aal", None, grid)
    with pytest.raises(UserError, match=r"nilearn:brodmann is unknown; use nilearn: and aal, "):
        open_atlas("nilearn:brodmann", None, grid)


@pytest.mark.parametrize("name", atlas.FETCHED)
def test_fetchers_take_their_settings(name):
    """Offline: as far as the signatures go."""
    fetch, settings = atlas.FETCHED[name]
    signature(getattr(datasets, fetch)).bind(**settings, verbose=0)
