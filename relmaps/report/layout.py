"""Where pictures and tables stand on the page, by their records in the catalogue."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import groupby

from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.tables import TABLES


@dataclass(frozen=True)
class Part:
    """Pictures, or tables, that follow each other. folded : title under which they are folded away, if any.

    notes : sentences below them, in HTML.
    """

    folded: str | None
    figures: Sequence[str] = ()
    tables: Sequence[str] = ()
    notes: Sequence[str] = ()


def layout(figures: Container[str], tables: Container[str]) -> dict[str, list[Part]]:
    """Section -> its parts in their order. figures, tables : names of those that this page has."""
    return {
        section: _parts(section, figures, tables)
        for section in dict.fromkeys(record.section for record in FIGURES.values())
    }


def _parts(section: str, figures: Container[str], tables: Container[str]) -> list[Part]:
    placed: list[tuple[str | None, str, str]] = []
    for name, figure in FIGURES.items():
        if figure.section == section:
            placed.append((figure.folded, "figure", name))
            placed += [(table.folded, "table", under) for under, table in TABLES.items() if table.below == name]
    placed += [(table.folded, "table", name) for name, table in TABLES.items() if table.section == section]
    present = {"figure": figures, "table": tables}
    shown = [entry for entry in placed if entry[2] in present[entry[1]]]
    parts = []
    for (folded, kind), entries in groupby(shown, key=lambda entry: entry[:2]):
        names = [name for _, _, name in entries]
        if kind == "figure":
            parts.append(Part(folded, figures=names))
        else:
            parts.append(Part(folded, tables=names, notes=[note for name in names if (note := TABLES[name].note)]))
    return parts
