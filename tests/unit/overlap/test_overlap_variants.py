import numpy as np

from relmaps.overlap.scoring_space import Specification
from relmaps.overlap.variants import variant_rows
from relmaps.relevance.variants import Variant


def test_a_variant_is_scored_in_the_cells_that_it_fits(scoring_space, rng):
    values = rng.normal(size=scoring_space.brain.sum()).astype(np.float32)
    variants = [
        Variant("disease", "all", "none", "mean_first", "signed", values),
        Variant("disease", "all", "none", "sign_first", "abs", np.abs(values)),
    ]
    specifications = [Specification(sign, 0, "brain") for sign in ("abs", "signed")]
    rows = variant_rows("lrp", variants, scoring_space, specifications)
    scored = {(row["sign"], row["order"]) for row in rows}
    assert scored == {("abs", "mean_first"), ("abs", "sign_first"), ("signed", "mean_first")}
    of = {(row["sign"], row["order"], row["reference"], row["metric"]): row["value"] for row in rows}
    reference = scoring_space.references[0].name
    assert of["abs", "sign_first", reference, "roc_auc"] == of["abs", "mean_first", reference, "roc_auc"]
    expected = scoring_space.scorer(specifications[1])(values)[0]
    assert of["signed", "mean_first", reference, "roc_auc"] in expected
