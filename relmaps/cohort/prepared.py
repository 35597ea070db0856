"""Tables of scans that a job has made: what became of each, since a bad scan must not stop the others."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from relmaps.io.tables import read_table, write_table

COLUMNS = ["scan_id", "path", "reason"]


def write_prepared(rows: list[dict], path: str | Path) -> None:
    """rows : scan_id, path of the file made and reason, one of the last two None."""
    write_table(pd.DataFrame(rows, columns=COLUMNS), path)


def read_failures(tables: Iterable[str | Path]) -> dict[str, str]:
    """scan_id -> why it could not be made, from tables of `write_prepared`; the first reason counts."""
    reasons: dict[str, str] = {}
    for path in tables:
        table = read_table(path, required=("scan_id", "reason"))
        failed = table[table["reason"].notna()]
        reasons = dict(zip(failed["scan_id"], failed["reason"], strict=True)) | reasons
    return reasons
