"""Every figure of a study: what it is drawn from, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Figure:
    """An entry of figures.yaml, which says what the fields mean; inputs is None for a figure with a rule of its own."""

    inputs: Mapping[str, str | dict[str, str]] | None
    category: str = ""
    shows: str = ""
    message: str = ""
    settings: Sequence[str] = ()
    needs: str | None = None

    def files(self, folder: str, lists: Mapping[str, Sequence[str]]) -> dict[str, str | list[str]]:
        """Inputs by their names, as paths in the study's folder. lists : members of what `each` names."""
        return {
            name: f"{folder}/{path}"
            if isinstance(path, str)
            else [f"{folder}/{path['path'].format(member)}" for member in lists[path["each"]]]
            for name, path in (self.inputs or {}).items()
        }


FIGURES = {
    name: Figure(**fields)
    for name, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}
# Rules that need published tables and maps alone.
REDRAWN = [*(f"plot_{name}" for name in FIGURES), "write_tables", "write_report", "number_figures"]
