import pytest
from PIL import Image

from relmaps.io.errors import UserError
from relmaps.io.images import write_map
from relmaps.space.grid import Grid
from tests.synthetic_results import SyntheticStudy
from workflow.scripts import plot_maps


@pytest.fixture
def arguments(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain, references=("truth",)).write()
    return {
        "maps": {"VBM t": study.path("relevance/vbm_t/group.nii.gz")},
        "references": {"Ground truth": study.path("reference/truth/map.nii.gz")},
        "sidecars": [study.path("relevance/vbm_t/group.json"), study.path("reference/truth/reference.json")],
        "outline": study.path("reference/truth/mask.nii.gz"),
        "template": study.path(f"preprocess/template/{grid.space}_T1w.nii.gz"),
        "brain_mask": study.path(f"preprocess/template/{grid.space}_brain_mask.nii.gz"),
        "space": grid.space,
        "figures": [tmp_path / "maps.svg"],
        "rows": [tmp_path / "maps/vbm_t.png"],
    }


def test_maps_and_references_have_their_rows(arguments, tmp_path):
    plot_maps.main(**arguments)
    drawn = (tmp_path / "maps.svg").read_text()
    for text in ("VBM t", "Ground truth", "ALE", "L", "R"):
        assert f"<!-- {text} -->" in drawn


def test_each_map_has_a_row_of_its_own(arguments, tmp_path):
    plot_maps.main(**arguments | {"figures": [tmp_path / "maps.png"]})
    with Image.open(tmp_path / "maps.png") as both, Image.open(tmp_path / "maps/vbm_t.png") as row:
        assert row.width == both.width
        assert row.height < 0.7 * both.height


def test_a_map_on_another_grid_is_refused(arguments, grid, brain):
    affine = grid.affine.copy()
    affine[0, 3] += 4
    shifted = Grid(grid.shape, affine, grid.space)
    write_map(brain, arguments["maps"]["VBM t"], shifted)
    with pytest.raises(UserError, match="is not the study's"):
        plot_maps.main(**arguments)
