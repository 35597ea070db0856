"""Every family of paired comparisons: which pairs of maps are tested together."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from relmaps.catalogue.maps import Map, find_map


@dataclass(frozen=True)
class ComparisonFamily:
    """A row of comparisons.yaml, which says what the fields mean."""

    map_a: dict[str, str | bool]
    map_b: dict[str, str | bool]

    def includes(self, a: Map, b: Map) -> bool:
        """Return whether `a` compared with `b`, in this order, belongs to the family."""
        return all(
            getattr(record, field) == value
            for record, required in ((a, self.map_a), (b, self.map_b))
            for field, value in required.items()
        )


COMPARISON_FAMILIES = {
    name: ComparisonFamily(**fields)
    for name, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}


def order_pair(a: str, b: str) -> tuple[str, str, str | None]:
    """Return two maps in the order of their family, and its name; as they are, and None, if they are in none."""
    for first, second in ((a, b), (b, a)):
        for name, family in COMPARISON_FAMILIES.items():
            if family.includes(find_map(first), find_map(second)):
                return first, second, name
    return a, b, None
