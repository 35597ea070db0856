import numpy as np
import pandas as pd
import pytest

from relmaps.io.images import write_map
from relmaps.io.tables import write_table
from relmaps.relevance.variants import read_variants
from workflow.scripts import pool_variants


@pytest.fixture
def inputs(tmp_path, grid, brain, rng):
    """Four subjects in two folds, explained by one network."""
    people = pd.DataFrame({"participant_id": ["sub-a", "sub-b", "sub-c", "sub-d"], "label": [0, 1, 1, 0]})
    write_table(people.assign(age=70, sex="f", tiv_ml=1500), tmp_path / "subjects.tsv")
    write_map(brain, tmp_path / "mask.nii.gz", grid, dtype=np.uint8)
    chosen = pd.DataFrame({"fold": ["1", "2"], "model": "small", "seed": 0, "chosen": "true"})
    write_table(chosen, tmp_path / "selection.tsv")
    for fold, part in (("1", people[:2]), ("2", people[2:])):
        maps = rng.uniform(-1, 1, size=(1, 2, brain.sum())).astype(np.float16)
        np.save(tmp_path / f"{fold}.npy", maps)
        known = {"fold": fold, "model": "small", "target": "true_class", "completeness_error": 0, "amplitude": 2.0}
        write_table(
            part.assign(**known, score=[-1, 1], l1=2 * np.abs(maps[0].astype(float)).sum(axis=1)),
            tmp_path / f"{fold}.tsv",
        )
    return {
        "subjects": tmp_path / "subjects.tsv",
        "brain_mask": tmp_path / "mask.nii.gz",
        "selection": tmp_path / "selection.tsv",
        "subject_maps": [tmp_path / "1.npy", tmp_path / "2.npy"],
        "subject_tables": [tmp_path / "1.tsv", tmp_path / "2.tsv"],
    }


def test_every_choice_has_its_map(inputs, grid, tmp_path):
    multiverse = {"target": ["true_class"], "pooling": ["all", "disease"], "normalisation": ["none"]}
    multiverse["order"] = ["mean_first", "sign_first"]
    pool_variants.main("lrp", inputs, grid.space, "gm_modulated", multiverse, tmp_path / "variants.npz")
    variants = {(one.pooling, one.order, one.rectify): one.values for one in read_variants(tmp_path / "variants.npz")}
    assert len(variants) == 2 * 3
    a, b, c, d = 2 * np.concatenate([np.load(path)[0] for path in inputs["subject_maps"]]).astype(np.float32)
    np.testing.assert_allclose(variants["all", "mean_first", "signed"], (a + b + c + d) / 4, atol=1e-5)
    np.testing.assert_allclose(variants["disease", "sign_first", "abs"], (abs(b) + abs(c)) / 2, atol=1e-5)
    positive = (np.maximum(b, 0) + np.maximum(c, 0)) / 2
    np.testing.assert_allclose(variants["disease", "sign_first", "positive"], positive, atol=1e-5)
