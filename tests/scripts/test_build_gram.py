import numpy as np
import pytest

from relmaps.io.errors import UserError
from workflow.scripts.build_gram import main


def test_gram_matrix_of_the_array(tmp_path, rng):
    images = rng.normal(3, 1, size=(6, 4, 5, 3)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    main(images=tmp_path / "images.npy", gram=tmp_path / "gram" / "t1.npy")
    gram = np.load(tmp_path / "gram" / "t1.npy")
    flat = images.reshape(6, -1).astype(float)
    flat -= flat.mean(axis=0)
    assert gram.dtype == np.float64
    np.testing.assert_allclose(gram, flat @ flat.T, atol=1e-4)
    assert [path.name for path in (tmp_path / "gram").iterdir()] == ["t1.npy"]


def test_scans_that_are_all_the_same_are_refused_but_for_controls(tmp_path):
    for feature in ("gm_modulated", "brain_mask"):
        np.save(tmp_path / f"{feature}.npy", np.ones((6, 4, 5, 3), dtype=np.float32))
    main(images=tmp_path / "brain_mask.npy", gram=tmp_path / "gram.npy")
    assert not np.load(tmp_path / "gram.npy").any()
    with pytest.raises(UserError, match=r"gm_modulated.npy: all scans are the same"):
        main(images=tmp_path / "gm_modulated.npy", gram=tmp_path / "other.npy")
