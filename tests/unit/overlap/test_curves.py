import numpy as np

from relmaps.overlap.curves import curve_table
from relmaps.overlap.metrics import METRICS
from relmaps.overlap.scoring_space import ScoringSpace


def test_curves_end_where_all_is_kept_and_their_area_is_the_auc(scored_maps, scoring_space, primary):
    table = curve_table(scored_maps, scoring_space, primary)
    assert len(table) == 3 * 2 * 101
    scorer = scoring_space.scorer(primary)
    for column, scored_map in enumerate(scored_maps):
        for row, reference in enumerate(scoring_space.references):
            curve = table[(table["map"] == scored_map.name) & (table["reference"] == reference.name)]
            share = reference.mask[scoring_space.brain].mean()
            ends = curve[["fraction_kept", "dice", "true_positive_rate", "false_positive_rate"]].iloc[[0, -1]]
            np.testing.assert_allclose(ends, [[0, 0, 0, 0], [1, 2 * share / (1 + share), 1, 1]], atol=1e-12)
            area = np.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
            expected = scorer(scored_map.values)[row, list(METRICS).index("roc_auc")]
            np.testing.assert_allclose(area, expected, atol=0.02, err_msg=f"{column}")


def test_dice_follows_from_the_rates(scored_maps, scoring_space, primary):
    table = curve_table(scored_maps[:1], scoring_space, primary).query("reference == 'truth'")
    share = scoring_space.references[1].mask[scoring_space.brain].mean()
    expected = 2 * table["true_positive_rate"] * share / (table["fraction_kept"] + share)
    np.testing.assert_allclose(table["dice"], expected, atol=1e-12)


def test_empty_references_have_no_curve(scored_maps, scoring_space, primary):
    empty = [type(r)(r.name, np.zeros_like(r.mask), r.kind, None) for r in scoring_space.references]
    table = curve_table(scored_maps, ScoringSpace(scoring_space.grid, scoring_space.masks, empty), primary)
    assert table.empty
    assert "dice" in table
