from pathlib import Path

import matplotlib
import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from relmaps.io.images import save, write_map
from relmaps.preprocess import mosaic, pictures
from relmaps.preprocess.mosaic import Tile, make_tiles, plot_mosaic
from relmaps.preprocess.pictures import COLOURED, plot_scan, show_slice

ROW = {"similarity": 0.912, "brain_dice": 0.98, "gm_dice": 0.8, "tiv_ml": 1500.4, "noise": 0.0312, "wm_cv": np.nan}
ROW |= {"method": "template", "method_reason": "not by the network: its mask has 3,470 ml"}
OF_A_USER = {"font.family": "serif", "text.usetex": True, "image.interpolation": "bicubic", "lines.linewidth": 9}
VOXEL_MM = np.array([3.0, 1.0, 2.0])


@pytest.fixture
def figures(monkeypatch):
    """Figures as they are saved, which they still are."""
    kept = []
    original = pictures.save_small
    for module in (pictures, mosaic):
        monkeypatch.setattr(module, "save_small", lambda *given: (kept.append(given[0]), original(*given)))
    return kept


@pytest.fixture
def scan(tmp_path, grid, brain):
    """Paths of a scan whose native image has a bright spot at the left, front and top."""
    files = {name: tmp_path / f"{name}.nii.gz" for name in ("t1", "native_t1", "native_tissues", "head", "head_brain")}
    write_map(brain.astype(float), files["t1"], grid)
    labels = np.zeros((20, 44, 26), np.uint8)
    labels[3:17, 4:40, 3:23], labels[5:15, 8:36, 6:20], labels[7:13, 12:32, 9:17] = 1, 2, 3
    t1 = labels / 3
    t1[4, 37, 20] = 9
    affine = np.diag([*VOXEL_MM, 1])
    save(nib.Nifti1Image(t1.astype(np.float32), affine), files["native_t1"])
    save(nib.Nifti1Image(labels, affine), files["native_tissues"])
    head = np.pad((255 / 9 * t1).astype(np.uint8), 6, constant_values=80)
    save(nib.Nifti1Image(head, affine), files["head"])
    save(nib.Nifti1Image(np.pad((labels > 0).astype(np.uint8), 6), affine), files["head_brain"])
    return files


def shown(image):
    """Value at a place in mm of an image of matplotlib."""
    left, right, bottom, top = image.get_extent()
    data = np.asarray(image.get_array())
    return lambda x, y: data[
        int((y - bottom) / (top - bottom) * data.shape[0]), int((x - left) / (right - left) * data.shape[1])
    ]


@pytest.mark.parametrize(("axis", "place"), [(0, (8.5, 11)), (1, (4.5, 11)), (2, (4.5, 8.5))])
def test_a_slice_lies_in_mm_with_left_on_the_left_and_its_outline_on_the_voxels_edges(axis, place):
    data = np.zeros((6, 12, 9), np.float32)
    data[1, 8, 5] = 1  # centre at 4.5, 8.5 and 11 mm
    axes = Figure().subplots()
    show_slice(axes, data, {"#ff0000": data}, (axis, (1, 8, 5)[axis]), VOXEL_MM)
    value = shown(axes.images[0])
    assert value(*place) == 1
    sizes = np.delete(VOXEL_MM, axis)
    assert value(place[0] + sizes[0], place[1]) == value(place[0], place[1] + sizes[1]) == 0
    assert axes.get_xlim()[0] < axes.get_xlim()[1]
    assert axes.get_ylim()[0] < axes.get_ylim()[1]
    (line,) = [path for path in axes.collections[0].get_paths() if len(path)]
    np.testing.assert_allclose(line.get_extents().get_points(), [place - sizes / 2, place + sizes / 2])


def test_a_picture_shows_three_slices_of_each_plane_the_brain_and_the_whole_scan(scan, figures, tmp_path, grid, brain):
    plot_scan(scan, ROW, brain.astype(float), grid, tmp_path / "picture.png")
    (figure,) = figures
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert len(figure.axes) == 9 + 3 + 3
    assert [texts.count(letter) for letter in "PALR"] == [5, 5, 10, 10]
    told = "similarity 0.91   brain Dice 0.98   grey matter Dice 0.80   total volume 1500 ml   noise 0.031   "
    assert told + "white matter variation n/a" in texts
    assert "the scan itself, voxels of 3 × 1 × 2 mm, with its" in texts
    for axes in figure.axes[9:12]:
        assert [len(lines.get_paths()[0]) > 0 for lines in axes.collections] == [True] * 3
    found = "as the template found it (not by the network: its mask has 3,470 ml)"
    assert f"the whole scan with its brain {found}" in texts
    for axes in figure.axes[12:]:
        assert len(axes.collections) == 1
        inside, outside = axes.collections[0].get_paths()[0].get_extents(), axes.images[0].get_extent()
        assert inside.x0 > outside[0]
        assert inside.x1 < outside[1]
    assert (tmp_path / "picture.png").stat().st_size < 200e3


@pytest.mark.fault
@pytest.mark.parametrize("picture", ["scan", "mosaic"])
def test_a_picture_does_not_depend_on_the_user_s_matplotlibrc(scan, tmp_path, grid, brain, picture):
    def draw(name):
        if picture == "scan":
            plot_scan(scan, ROW, brain.astype(float), grid, tmp_path / name)
        else:
            plot_mosaic([Tile(1, "used", scan["t1"])], brain.astype(float), grid, tmp_path / name)
        return (tmp_path / name).read_bytes()

    plain = draw("plain.png")
    with matplotlib.rc_context(OF_A_USER):
        assert draw("own.png") == plain


def test_left_front_and_top_of_a_scan_are_where_the_letters_say(scan, figures, tmp_path, grid, brain, monkeypatch):
    # The slices that hold the spot: fractions of the way through the brain along x, y and z.
    monkeypatch.setattr(pictures, "DETAIL", (0.1, 0.92, 0.87))
    plot_scan(scan, ROW, brain.astype(float), grid, tmp_path / "picture.png")
    for axes, (x, y) in zip(figures[0].axes[9:12], [("front", "top"), ("left", "top"), ("left", "front")], strict=True):
        data = np.asarray(axes.images[0].get_array())
        row, column = np.unravel_index(data.argmax(), data.shape)
        assert data.max() == 9
        assert (column > data.shape[1] / 2) == (x == "front")
        assert row > data.shape[0] / 2, y
        assert axes.images[0].origin == "lower"


def test_colours_survive_the_palette(scan, tmp_path, grid, brain):
    plot_scan(scan, ROW, brain.astype(float), grid, tmp_path / "picture.png")
    with Image.open(tmp_path / "picture.png") as image:
        found = np.unique(np.array(image.convert("RGB")).reshape(-1, 3), axis=0).astype(int)
    assert found.min() == 0
    assert found.max() == 255
    for colour in COLOURED.values():
        wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
        assert np.abs(found - wanted).max(axis=1).min() <= 1


def test_excluded_and_flagged_scans_come_first_and_failed_ones_have_no_tile():
    ids = [f"sub-{number}" for number in range(1, 7)]
    status = ["ok", "failed", "ok", "ok", "ok", "ok"]
    flags = [None, None, "noise high", None, "noise high", None]
    qc = pd.DataFrame({"scan_id": ids, "participant_id": ids, "status": status, "flags": flags})
    subjects = pd.DataFrame({"scan_id": ["sub-1", "sub-3", "sub-6"]})
    tiles = make_tiles(qc, subjects, "derivatives", "S")
    assert [(tile.number, tile.state) for tile in tiles] == [
        (4, "excluded"),
        (5, "excluded"),
        (3, "flagged"),
        (1, "used"),
        (6, "used"),
    ]
    assert tiles[0].t1 == Path("derivatives/sub-4/anat/sub-4_space-S_desc-preproc_T1w.nii.gz")


def test_a_mosaic_tells_the_state_by_word_and_colour(scan, figures, tmp_path, grid, brain):
    tiles = [Tile(4, "excluded", scan["t1"]), Tile(2, "flagged", scan["t1"]), Tile(1, "used", scan["t1"])]
    plot_mosaic(tiles, brain.astype(float), grid, tmp_path / "mosaic.png")
    (figure,) = figures
    assert [axes.get_title() for axes in figure.axes] == ["4 excluded", "2 flagged", "1"]
    colours = [axes.title.get_color() for axes in figure.axes]
    assert colours == list(mosaic.STATES.values())
    assert [len(axes.patches) for axes in figure.axes] == [1, 1, 0]
    axial, coronal = figure.axes[0].images
    assert axial.get_extent()[3] < coronal.get_extent()[2]


@pytest.mark.slow
def test_a_mosaic_of_many_scans_has_more_columns_and_keeps_its_size(scan, tmp_path, grid, brain, monkeypatch):
    sizes = {}
    monkeypatch.setattr(mosaic, "show_slice", lambda *_, **__: None)
    monkeypatch.setattr(mosaic, "save_small", lambda figure, *_: sizes.update({len(figure.axes): figure}))
    for n in (3, 101, 500):
        plot_mosaic([Tile(1, "used", scan["t1"])] * n, brain.astype(float), grid, tmp_path / "mosaic.png")
    columns = {n: round(figure.get_figwidth() / mosaic.TILE_INCHES) for n, figure in sizes.items()}
    assert columns == {3: 10, 101: 11, 500: 20}
    for figure in sizes.values():
        assert np.prod(figure.get_size_inches() * figure.dpi) <= mosaic.MOST_PIXELS * 1.001
        assert figure.axes[0].title.get_fontsize() * figure.dpi / 72 >= 6.99
