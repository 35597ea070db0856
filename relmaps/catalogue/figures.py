"""Every figure of a study: what it is drawn from and when, what it is called, and where it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Figure:
    """An entry of figures.yaml, which says what the fields mean."""

    section: str
    alt: str
    caption: str
    number: str | None = None
    folded: str | None = None
    photographic: bool = False
    category: str = ""
    shows: str = ""
    message: str = ""
    file: str | None = None
    inputs: Mapping[str, str | dict[str, str]] | None = None
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

    def pictures(self, name: str, folder: str) -> dict[str, str]:
        """Suffix -> path in the study's folder. name : of the figure."""
        if self.file is not None:
            return {Path(self.file).suffix[1:]: f"{folder}/{self.file}"}
        return {suffix: f"{folder}/figures/{name}.{suffix}" for suffix in ("svg", "pdf", "png")}


FIGURES = {
    name: Figure(**fields)
    for name, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}
# Drawn by the stage of that name; the others are made before.
DRAWN = [name for name, record in FIGURES.items() if record.file is None]
# Rules that need published tables and maps alone.
REDRAWN = [*(f"plot_{name}" for name in DRAWN), "write_tables", "write_report", "number_figures"]
