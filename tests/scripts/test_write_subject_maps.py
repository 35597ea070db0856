import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from relmaps.io.images import read_map, write_map
from relmaps.io.tables import write_table
from workflow.scripts import write_subject_maps


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


def test_each_subject_has_an_image(inputs, grid, brain, tmp_path):
    write_subject_maps.main(**inputs, space=grid.space, target="true_class", folder=tmp_path / "subjects")
    images = sorted((tmp_path / "subjects").iterdir())
    assert [path.name.split("_")[0] for path in images] == ["sub-a", "sub-b", "sub-c", "sub-d"]
    expected = 2 * np.load(inputs["subject_maps"][1])[0, 1].astype(np.float32)
    values = read_map(images[3], grid)
    np.testing.assert_allclose(values[brain], expected, atol=1e-4)
    assert not values[~brain].any()
    assert nib.load(images[3]).get_data_dtype() == np.int16
