"""variants.tsv: heatmaps pooled in other ways than the primary analysis's, in every specification of the multiverse."""

from collections.abc import Iterable

from relmaps.overlap.metrics import CURVE_METRICS
from relmaps.overlap.scoring_space import ScoringSpace, Specification
from relmaps.relevance.variants import CHOICES, Variant


def variant_rows(
    name: str, variants: list[Variant], scoring_space: ScoringSpace, specifications: Iterable[Specification]
) -> list[dict]:
    """The rows of one map; where signs were dealt with before averaging, a variant is scored for that sign only."""
    rows = []
    for specification in specifications:
        scorer = scoring_space.scorer(specification, CURVE_METRICS.values())
        for variant in variants:
            if not variant.fits(specification.sign):
                continue
            chosen = {choice: getattr(variant, choice) for choice in CHOICES}
            scores = scorer(variant.values)
            rows += [
                {"map": name}
                | chosen
                | {
                    "reference": reference.name,
                    "mask": specification.mask,
                    "sign": specification.sign,
                    "smoothing_mm": specification.smoothing_mm,
                }
                | {"metric": metric, "value": value}
                for reference, of_reference in zip(scoring_space.references, scores, strict=True)
                for metric, value in zip(CURVE_METRICS, of_reference, strict=True)
            ]
    return rows
