import pandas as pd

from relmaps.io.tables import read_table, write_table
from workflow.scripts.gather_permutations import main


def test_each_permutation_keeps_its_seed(tmp_path):
    paths = []
    for seed, value in ((7, 0.4), (3, 0.6)):
        table = pd.DataFrame({"model": ["svm"], "fold": "all", "seed": "all", "metric": "roc_auc", "value": value})
        paths.append(tmp_path / f"{seed}.tsv")
        write_table(table, paths[-1])
    main(performances=paths, permutations=[7, 3], null=tmp_path / "null.tsv")
    null = read_table(tmp_path / "null.tsv", text=("permutation",))
    assert dict(zip(null["permutation"], null["value"], strict=True)) == {"7": 0.4, "3": 0.6}
