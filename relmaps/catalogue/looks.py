"""How maps, their families, families of comparisons and metrics are called and drawn.

Only figures, tables and pages import this module: a changed title or colour makes no map and no score again.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Look:
    """An entry of looks.yaml, which says what the fields mean."""

    title: str
    colour: str
    line: str = "-"


_looks = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
FAMILY_LOOKS = {name: Look(**fields) for name, fields in _looks["families"].items()}
MAP_LOOKS = {name: Look(**fields) for name, fields in _looks["maps"].items()}
METRIC_TITLES: dict[str, str] = _looks["metrics"]
COMPARISON_TITLES: dict[str, str] = _looks["comparisons"]


def make_title(name: str) -> str:
    """The title of whatever has none of its own, such as an external map."""
    return name.replace("_", " ")
