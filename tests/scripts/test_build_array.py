import numpy as np
import pandas as pd

from relmaps.io.images import load_grid, read_mask, write_map
from relmaps.io.tables import write_table
from relmaps.preprocess.derivatives import name_derivatives, scan_of
from workflow.scripts.build_array import main


def test_rows_follow_the_subjects_and_head_size_is_taken_out(simulated, tmp_path):
    grid = load_grid(simulated.template("brain_mask"), simulated.space)
    ids = ["sub-2_ses-1", "sub-1_ses-1"]
    people = pd.DataFrame(
        {
            "participant_id": ["sub-2", "sub-1"],
            "scan_id": ids,
            "label": [1, 0],
            "age": 70,
            "sex": "f",
            "site": "one",
            "tiv_ml": [2000.0, 1000.0],
        }
    )
    write_table(people, tmp_path / "subjects.tsv", "subjects")
    for row, value in zip(people.itertuples(), (2.0, 1.0), strict=True):
        path = name_derivatives(scan_of(row), tmp_path / "derivatives", simulated.space)["gm_modulated"]
        assert path.parent.parent.name == "ses-1"
        write_map(np.full(grid.shape, value, np.float32), path, grid)
    main(
        subjects=tmp_path / "subjects.tsv",
        brain=simulated.template("brain_mask"),
        tissues=[simulated.template(f"{name}_probseg") for name in ("GM", "WM", "CSF")],
        array=tmp_path / "array.npy",
        derivatives=tmp_path / "derivatives",
        space=simulated.space,
        feature="gm_modulated",
        smoothing_mm=0,
        scaling="tiv",
    )
    array = np.load(tmp_path / "array.npy")
    brain = read_mask(simulated.template("brain_mask"), grid)
    assert array.shape == (2, *grid.shape)
    assert (array[:, ~brain] == 0).all()
    # Twice the tissue in twice the head is the same share; the template has about 1880 ml.
    np.testing.assert_allclose(array[0][brain], array[1][brain], rtol=1e-5)
    np.testing.assert_allclose(array[1][brain].mean(), 1.88, atol=0.15)
