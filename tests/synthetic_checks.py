"""Tables of the checks of two heatmaps and a tissue map, with made-up numbers."""

from itertools import combinations, product

import numpy as np
import pandas as pd

HEATMAPS = ["lrp", "integrated_gradients"]
MAPS = [*HEATMAPS, "vbm_t", "untrained"]
LAYERS = ["dense_1", "conv_2", "conv_1"]


def randomisation(name: str) -> pd.DataFrame:
    """Of two folds, the second with likenesses that are higher by 0.2."""
    rng = np.random.default_rng(len(name))
    rows = [("cascading", layer, number) for number, layer in enumerate(LAYERS, 1)]
    rows += [("independent", layer, 1) for layer in LAYERS] + [("random_logit", np.nan, 0)]
    table = pd.DataFrame(rows, columns=["order", "layer", "n_layers_randomised"]).assign(map=name)
    likenesses = pd.DataFrame(
        rng.uniform(-0.5, 0.7, size=(len(rows), 3)), columns=["ssim", "spearman", "spearman_absolute"]
    )
    return pd.concat([table.join(likenesses + more).assign(fold=fold) for fold, more in (("1", 0), ("2", 0.2))])


def faithfulness(name: str) -> pd.DataFrame:
    """Evidence that falls in deletion and rises in insertion, faster by the map than at random."""
    axes = ["1", "all"], ["deletion", "insertion"], ["control_mean", "blurred"], ["map", "random"], np.linspace(0, 1, 6)
    table = pd.DataFrame(product(*axes), columns=["fold", "curve", "fill", "order", "fraction"])
    share = np.where(table["curve"] == "deletion", 1 - table["fraction"], table["fraction"])
    table["evidence"] = 2 * share ** np.where((table["order"] == "map") ^ (table["curve"] == "insertion"), 3, 1)
    return table.assign(map=name, n_scans=16)


def areas(name: str) -> pd.DataFrame:
    table = pd.DataFrame(
        product(["1", "all"], ["deletion", "insertion"], ["control_mean", "blurred"]), columns=["fold", "curve", "fill"]
    )
    difference = np.where(table["curve"] == "deletion", -1, 1) * (1 + 0.1 * np.arange(len(table)))
    table = table.assign(area=1 + difference, ci_low=difference, ci_high=2 + difference, area_random=1.0)
    ends = {"difference_ci_low": difference - 0.3, "difference_ci_high": difference + 0.2}
    return table.assign(difference=difference, **ends, map=name, n_scans=16)


def stability() -> pd.DataFrame:
    rows = [
        (name, between, 3, 0.5, 0.4, 0.6 - 0.1 * number, 0.3)
        for name in (*HEATMAPS, "untrained")
        for number, between in enumerate(("seeds", "folds", "architectures"))
    ]
    columns = ["map", "between", "n_pairs", "pearson", "pearson_lowest", "spearman", "spearman_lowest"]
    table = pd.DataFrame(rows, columns=columns)
    table.loc[(table["map"] == "untrained") & (table["between"] == "seeds"), columns[3:]] = np.nan
    return table


def agreement() -> pd.DataFrame:
    pairs = list(combinations(MAPS, 2))
    table = pd.DataFrame(pairs, columns=["map_a", "map_b"]).assign(pearson=0.1, spearman=0.2)
    return table.assign(spearman_absolute=np.linspace(-0.25, 0.95, len(pairs)))


def location() -> pd.DataFrame:
    rows = []
    for name in MAPS:
        outside = np.nan if name == "vbm_t" else 0.031
        shares = {"gm": 0.5, "wm": 0.2, "csf": 0.1, "edge": 0.2, "outside": outside}
        volumes = {"gm": 0.4, "wm": 0.3, "csf": 0.1, "edge": 0.2, "outside": 0.8}
        rows += [(name, tissue, share, volumes[tissue]) for tissue, share in shares.items()]
    return pd.DataFrame(rows, columns=["map", "tissue", "share", "volume_share"])
