"""Keys and values of the configuration that earlier versions had.

A new study is stopped with the new name; the configuration of a finished study is translated when it is read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from relmaps.io.errors import UserError
from relmaps.io.files import read_json


@dataclass(frozen=True)
class Renamed:
    """A row of renamed.yaml, which says what the fields mean."""

    since: str
    key: str
    value: object = None
    now: str | None = None
    instead: str | None = None

    def holder(self, config: object) -> dict | None:
        """Find the mapping that has the key, and the value if one is given; None if the configuration has neither."""
        *above, last = self.key.split(".")
        for name in above:
            config = config.get(name) if isinstance(config, dict) else None
        if not isinstance(config, dict) or last not in config:
            return None
        found = config[last]
        return config if self.value is None or self.value in (found if isinstance(found, list) else [found]) else None

    def explain(self) -> str:
        """Name what was found and what to do, in one line."""
        subject = "" if self.value is None else f"{self.value} was "
        remedy = self.instead or f"write {self.now}"
        return f"config: {self.key}: {subject}{'renamed' if self.now else 'deleted'} in {self.since}; {remedy}"

    def translate(self, holder: dict) -> None:
        """Give the key or value its new name in its old place, or remove it.

        Parameters
        ----------
        holder : mapping that has it; changed in place.

        Raises
        ------
        UserError
            If the value was deleted and the key has no other.
        """
        last = self.key.split(".")[-1]
        if self.value is None:
            name = self.now and self.now.split(".")[-1]
            kept = {name if key == last else key: value for key, value in holder.items() if name or key != last}
            holder.clear()
            holder.update(kept)
        elif isinstance(holder[last], list):
            renamed = [self.now if item == self.value else item for item in holder[last]]
            holder[last] = [item for item in renamed if item is not None]
        elif self.now is None:
            raise UserError(self.explain())
        else:
            holder[last] = self.now


RESULTS = Path(__file__).with_name("renamed_results.yaml")
RENAMED = [
    Renamed(since, **fields)
    for since, rows in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
    for fields in rows
]


def refuse_renamed(config: dict, table: Iterable[Renamed] = RENAMED) -> None:
    """Raise UserError if a configuration has a key or value of an earlier version."""
    for row in table:
        if row.holder(config) is not None:
            raise UserError(row.explain())


def translate_renamed(config: dict, table: Iterable[Renamed] = RENAMED) -> None:
    """Give all keys and values of an earlier version their present names, in place."""
    for row in table:
        if (holder := row.holder(config)) is not None:
            row.translate(holder)


def read_provenance(path: str | Path) -> dict:
    """Read the provenance.json of a finished study, with the present names in its configuration."""
    provenance = read_json(path)
    translate_renamed(provenance["config"])
    return provenance


def renamed_page(table: Iterable[Renamed] = RENAMED) -> str:
    """Write both tables, of the configuration and of results, as a page in Markdown."""
    keys = [
        f"| {row.since} | `{row.key}`{'' if row.value is None else f': `{row.value}`'} | "
        + (f"`{row.now}` |" if row.now else f"deleted; {row.instead} |")
        for row in table
    ]
    results = yaml.safe_load(RESULTS.read_text(encoding="utf-8"))
    files = [
        f"| {since} | `{row['was']}` | " + (f"`{row['now']}` |" if row["now"] else "deleted |")
        for since, rows in results.items()
        for row in rows
    ]
    return "\n".join(
        [
            "# Renamed keys, files and columns",
            "",
            "A study that has an old key or value is stopped with a line that names the new one.",
            "",
            "| since | old key | new |",
            "|---|---|---|",
            *keys,
            "",
            "Files and columns of `results/<study>/`. A study of an earlier version is drawn again by that version.",
            "",
            "| since | old file, column or value | new |",
            "|---|---|---|",
            *files,
            "",
        ]
    )


if __name__ == "__main__":
    print(renamed_page(), end="")
