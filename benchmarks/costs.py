"""What a study will cost, on the terminal; the model is relmaps/study/cost.py.

python -m benchmarks.costs measure results/smoke results/demo > relmaps/study/costs.tsv
python -m benchmarks.costs check results/demo
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

from relmaps.study.cost import measure, predict, size_of_finished
from relmaps.study.manifest import read_costs
from relmaps.study.rules import read_rules


def check(study: Path) -> int:
    """Print predicted and measured CPU hours of a finished study's stages; 1 if the whole differs by more than 1.5."""
    measured = read_costs(study).apply(pd.to_numeric, errors="coerce")
    rules = read_rules()
    measured = measured[measured.index.isin(rules)]
    costs = predict(size_of_finished(study), measured["jobs"].astype(int).to_dict(), rules)
    table = costs.assign(measured_s=measured["cpu_s"]).groupby("stage", sort=False)[["cpu_s", "measured_s"]].sum()
    table.loc["all"] = table.sum()
    table["ratio"] = table["cpu_s"] / table["measured_s"]
    print(table.round(2).to_string())
    return int(not 1 / 1.5 <= table.loc["all", "ratio"] <= 1.5)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("measure").add_argument("studies", type=Path, nargs="+")
    commands.add_parser("check").add_argument("study", type=Path)
    given = parser.parse_args()
    if given.command == "measure":
        print(measure(given.studies).to_csv(sep="\t", index=False, float_format="%.4g"), end="")
        return 0
    return check(given.study)


if __name__ == "__main__":
    sys.exit(main())
