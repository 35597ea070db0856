import numpy as np
import pytest

from relmaps.io.images import write_map
from relmaps.overlap.bootstrap_samples import read_samples
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import open_scoring_space
from relmaps.overlap.spatial import spatial_null
from tests.small_scoring_space import write_scoring_space
from workflow.scripts import score_surrogates


@pytest.fixture
def arguments(tmp_path, grid, brain, rng):
    write_map(rng.random(grid.shape) * brain, tmp_path / "group.nii.gz", grid)
    return {
        "published": tmp_path / "group.nii.gz",
        "scoring_files": write_scoring_space(tmp_path, grid, brain),
        "specifications": [{"sign": "abs", "smoothing_mm": 8, "mask": "brain"}],
        "n_surrogates": 20,
        "seed": 3,
        "null": tmp_path / "null.npz",
    }


def test_the_null_of_a_map_is_on_disk(arguments):
    score_surrogates.main(**arguments)
    ((specification, null),) = read_samples(arguments["null"]).items()
    scoring_space = open_scoring_space(**arguments["scoring_files"])
    values = scoring_space.read(arguments["published"])
    expected = spatial_null(values, scoring_space, specification, 20, 3)
    np.testing.assert_array_equal(null.scores, expected)
    assert null.scores.shape == (20, 1, len(METRICS))
    assert 0.2 < null.of("truth", "roc_auc").mean() < 0.8


def test_the_same_seed_gives_the_same_bytes(arguments, tmp_path):
    score_surrogates.main(**arguments)
    score_surrogates.main(**arguments | {"null": tmp_path / "again.npz"})
    assert (tmp_path / "again.npz").read_bytes() == arguments["null"].read_bytes()
