import numpy as np
import pytest

from relmaps.io.files import write_json
from relmaps.io.images import write_map
from relmaps.overlap.maps import open_map


@pytest.fixture
def published(scoring_space, tmp_path, rng):
    """A group map, fold maps of two models, and a fold map of another map."""

    def _published(model):
        folder = tmp_path / "relevance" / "lrp"
        write_map(rng.random(scoring_space.grid.shape), folder / "group.nii.gz", scoring_space.grid)
        write_json({"model": model, "feature": "gm_modulated"}, folder / "group.json")
        folds = []
        for number, (name, architecture, fold) in enumerate(
            [("lrp", "A24", 1), ("lrp", "A24", 2), ("lrp", "small", 1), ("lrp", "small", 2), ("other", "small", 1)]
        ):
            folds.append(str(tmp_path / "relevance" / name / architecture / f"fold-{fold}.nii.gz"))
            write_map(np.full(scoring_space.grid.shape, number), folds[-1], scoring_space.grid)
        return "lrp", folder / "group.nii.gz", folder / "group.json", folds, scoring_space

    return _published


def test_takes_the_model_that_was_selected_in_each_fold(published):
    scored_map = open_map(*published(["small", "A24"]))
    assert [(fold.fold, fold.model, fold.values[0]) for fold in scored_map.folds] == [
        ("1", "small", 2),
        ("2", "A24", 1),
    ]
    assert (scored_map.model, scored_map.feature) == ("small,A24", "gm_modulated")


def test_one_model_for_all_folds(published):
    scored_map = open_map(*published(["small"]))
    assert [fold.values[0] for fold in scored_map.folds] == [2, 3]
    assert scored_map.model == "small"


def test_a_map_without_folds_or_model(published):
    _, image, sidecar, _, scoring_space = published("n/a")
    scored_map = open_map("mean_t1", image, sidecar, [], scoring_space)
    assert (scored_map.model, scored_map.folds) == ("n/a", [])
    assert scored_map.values.shape == (scoring_space.brain.sum(),)
