"""Every table of the report: its number in the paper and its place on the page."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class TableRecord:
    """An entry of tables.yaml, which says what the fields mean."""

    number: str | None = None
    below: str | None = None
    section: str | None = None
    folded: str | None = None
    note: str | None = None


TABLES = {
    name: TableRecord(**fields)
    for name, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}
