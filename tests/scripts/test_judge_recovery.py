import pandas as pd

from relmaps.io.tables import read_columns, read_table, write_table
from workflow.scripts import judge_recovery


def test_judges_what_is_no_baseline(tmp_path):
    specification = {
        "fold": "all",
        "reference": "truth",
        "reference_kind": "ground_truth",
        "metric": "roc_auc",
        "primary": "true",
    }
    scores = [{"map": name, "value": value} for name, value in (("lrp", 0.7), ("vbm_t", 0.9), ("untrained", 0.65))]
    write_table(
        pd.DataFrame([row | specification | {"ci_low": 0.5, "ci_high": 0.99} for row in scores]),
        tmp_path / "scores.tsv",
    )
    comparisons = [
        {"map_a": name, "map_b": "untrained", "difference": difference, "ci_low": difference - 0.1, "ci_high": 0.9}
        for name, difference in (("lrp", 0.05), ("vbm_t", 0.25))
    ]
    table = pd.DataFrame(comparisons).assign(reference="truth", metric="roc_auc")
    write_table(table, tmp_path / "comparisons.tsv")
    tables = [tmp_path / f"{name}.tsv" for name in ("scores", "comparisons", "recovery")]
    judge_recovery.main(*tables[:2], ["untrained"], ["hippocampus_distance"], tables[2])
    recovery = read_table(tmp_path / "recovery.tsv")
    assert list(recovery) == list(read_columns("recovery"))
    assert dict(zip(recovery["map"], recovery["recovered"].astype(str).str.lower(), strict=True)) == {
        "lrp": "false",
        "vbm_t": "true",
    }
