import numpy as np
import pandas as pd

from relmaps.catalogue.tables import TABLES
from relmaps.io.files import read_json
from relmaps.io.tables import read_table
from relmaps.report.tables import comparisons, study_tables
from tests.synthetic_results import SyntheticStudy


def test_the_catalogue_lists_the_tables_that_are_made(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    made = study_tables(
        {name: read_table(path) for name, path in study.published().items()},
        {name: read_json(path) for name, path in study.sidecars().items()},
        {name: read_json(path) for name, path in study.references_sidecars().items()},
    )
    assert list(made) == list(TABLES)
    assert all(len(table.rows) for table in made.values())


def test_comparisons_show_the_adjusted_p_and_the_family():
    rows = [
        ("lrp", "svm_pattern", -0.04, -0.06, -0.1, -0.02, 0.004, 0.012, "heatmap_linear"),
        ("vbm_t", "svm_pattern", 0.01, 0.01, -0.02, 0.04, 0.4, np.nan, np.nan),
    ]
    columns = ["map_a", "map_b", "difference", "estimate", "ci_low", "ci_high", "p", "p_adjusted", "family"]
    scored = pd.DataFrame(rows, columns=columns).assign(reference="truth", primary="true")
    table = comparisons(pd.concat([scored.assign(metric=metric) for metric in ("roc_auc", "dice")]))
    assert [[column.text(row) for column in table.columns] for _, row in table.rows.iterrows()] == [
        [
            *("LRP", "SVM activation pattern", "ground truth", "−0.04", "−0.06 [−0.10, −0.02]", "0.004", "0.012"),
            "Heatmaps against linear models",
        ],
        ["VBM t", "SVM activation pattern", "ground truth", "0.01", "0.01 [−0.02, 0.04]", "0.400", "n/a", "n/a"],
    ]
