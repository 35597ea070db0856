"""variants.tsv: heatmaps pooled in other ways than the headline's, in every cell of the sweep."""

from collections.abc import Iterable

from relmaps.overlap.arena import Arena, Cell
from relmaps.overlap.metrics import CURVE_METRICS
from relmaps.relevance.variants import CHOICES, Variant


def variant_rows(name: str, variants: list[Variant], arena: Arena, cells: Iterable[Cell]) -> list[dict]:
    """The rows of one map; where signs were dealt with before averaging, a variant is scored for that sign only."""
    rows = []
    for cell in cells:
        scorer = arena.scorer(cell, CURVE_METRICS.values())
        for variant in variants:
            if not variant.fits(cell.sign):
                continue
            chosen = {choice: getattr(variant, choice) for choice in CHOICES}
            scores = scorer(variant.values)
            rows += [
                {"map": name}
                | chosen
                | {"reference": reference.name, "mask": cell.mask, "sign": cell.sign, "smoothing_mm": cell.smoothing_mm}
                | {"metric": metric, "value": value}
                for reference, of_reference in zip(arena.references, scores, strict=True)
                for metric, value in zip(CURVE_METRICS, of_reference, strict=True)
            ]
    return rows
