"""Compare every table and map of two results folders: python -m benchmarks.same_results OLD NEW [--added MAP ...].

OLD may be of an earlier version: its files, columns and values are renamed first as
relmaps/catalogue/renamed_results.yaml says, and what was deleted is left out. Maps are compared byte by byte, tables
cell by cell as text; times of quality control are left out. --added names maps that NEW alone has: their files and rows
are left out, and so are p_adjusted, which depend on the number of maps. Prints what differs; exits with 1 if anything
does.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd
import yaml

from relmaps.catalogue.renamed import RESULTS

MAP_COLUMNS = ["map", "map_a", "map_b", "name"]
TIMES = ["seconds", "cpu_seconds"]  # of a scan's preprocessing


def main(old: Path, new: Path, added: list[str]) -> int:
    renames = [(row["was"], row["now"]) for rows in yaml.safe_load(RESULTS.read_text("utf-8")).values() for row in rows]
    files = {was: now for was, now in renames if ": " not in was}
    before, after = _list_files(old), _list_files(new)
    after = {name: path for name, path in after.items() if not set(added) & {*Path(name).parts, path.stem}}
    moved = {_move(name, files): path for name, path in before.items()}
    for name in sorted(moved.keys() - after.keys()):
        print(f"only in {old}: {name}")
    for name in sorted(after.keys() - moved.keys()):
        print(f"only in {new}: {name}")
    both = sorted(moved.keys() & after.keys())
    differing = [name for name in both if not _same(name, moved[name], after[name], renames, added)]
    for name in differing:
        print(f"differs: {name}")
    print(f"{len(both) - len(differing)} of {len(both)} tables and maps are the same")
    return int(bool(differing) or moved.keys() != after.keys())


def _list_files(folder: Path) -> dict[str, Path]:
    """Tables and maps by their path in the folder."""
    paths = [path for pattern in ("*.tsv", "*.nii.gz") for path in folder.rglob(pattern)]
    hidden = {"logs", "benchmarks"}
    return {
        str(path.relative_to(folder)): path
        for path in paths
        if not hidden & set(path.parts) and not path.name.startswith(".")
    }


def _move(name: str, files: dict[str, str]) -> str:
    for was, now in files.items():
        if name == was or (was.endswith("/") and name.startswith(was)):
            return now + name.removeprefix(was)
    return name


def _same(name: str, old: Path, new: Path, renames: list[tuple[str, str | None]], added: list[str]) -> bool:
    if not name.endswith(".tsv"):
        return old.read_bytes() == new.read_bytes()
    before, after = (pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False) for path in (old, new))
    for was, now in renames:
        table, _, place = was.partition(": ")
        if place and table == name:
            before = _rename(before, place, now and now.partition(": ")[2])
    for column in after.columns.intersection(MAP_COLUMNS):
        after = after[~after[column].isin(added)].reset_index(drop=True)
    changing = before.columns.intersection([*TIMES, *(["p_adjusted"] if added else [])])
    return before.drop(columns=changing).equals(after.drop(columns=changing))


def _rename(table: pd.DataFrame, was: str, now: str | None) -> pd.DataFrame:
    """Rename or leave out a column, or a value of a column ("column = value"); notes are values joined by "; "."""
    column, _, value = was.partition(" = ")
    if not value:
        return table.rename(columns={column: now}) if now else table.drop(columns=column)
    if now is None:
        return table[table[column] != value].reset_index(drop=True)
    new = now.partition(" = ")[2]
    renamed = ["; ".join(new if part == value else part for part in cell.split("; ")) for cell in table[column]]
    return table.assign(**{column: renamed})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path)
    parser.add_argument("new", type=Path)
    parser.add_argument("--added", nargs="*", default=[])
    sys.exit(main(**vars(parser.parse_args())))
