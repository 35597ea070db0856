"""How much a group map changes when the network's weights are made random, or another class is explained.

Adebayo et al. 2018 (NeurIPS, Sanity Checks for Saliency Maps), Section 4.1: layers are randomised from the output down,
one after the other (cascading) or each alone (independent). Sixt et al. 2020 (ICML, When Explanations Lie), Section 3:
the map of another logit. A change is necessary for a map that shows what was learnt, not sufficient, and its size does
not rank methods (Binder et al. 2023, CVPR, Shortcomings of Top-Down Randomization-Based Sanity Checks).
"""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter
from torch import nn

from relmaps.classify.weights import Classifier
from relmaps.relevance.checks.stability import correlations
from relmaps.relevance.explain import Cohort, explain_subjects
from relmaps.relevance.methods.method import Method

# The constants of Wang et al. 2004 for values in 0 to 1, and their window, 11 voxels wide.
C1, C2 = 0.01**2, 0.03**2
WINDOW = {"sigma": 1.5, "radius": 5, "mode": "constant"}
PERCENTILE = 99  # of absolute values: where a map is clipped before structures are compared


def randomisation_table(
    classifier: Classifier, cohort: Cohort, rows: np.ndarray, method: Method, device: torch.device, seed: int
) -> pd.DataFrame:
    """How alike the group map of some scans is to that of the same scans under each change.

    rows : (n,) of the cohort. seed : of random weights, and of methods that draw.
    Returns order (cascading, independent, random_logit), layer (the last one randomised; NaN for random_logit),
    n_layers_randomised, ssim, spearman, spearman_absolute. When all layers are random, the network is an untrained one.
    """
    layers = list(weighted_layers(classifier.network))
    changes = [("cascading", layer, number) for number, layer in enumerate(layers, 1)]
    changes += [("independent", layer, 1) for layer in layers]
    random = [tuple(layers[:number]) if order == "cascading" else (layer,) for order, layer, number in changes]
    unique = list(dict.fromkeys(random))
    networks = [classifier, *(randomised(classifier, names, seed) for names in unique)]
    original, *others = group_maps(networks, cohort, rows, method, device, seed)
    changed = [dict(zip(unique, others, strict=True))[names] for names in random]
    # With two classes, a random other logit is that of the other class.
    other_class = replace(cohort, labels=1 - cohort.labels)
    changed += list(group_maps([classifier], other_class, rows, method, device, seed))
    changes.append(("random_logit", np.nan, 0))
    table = pd.DataFrame(changes, columns=["order", "layer", "n_layers_randomised"])
    return table.join(pd.DataFrame([likeness(original, one, cohort.brain) for one in changed]))


def weighted_layers(network: nn.Module) -> dict[str, list[nn.Module]]:
    """The layers that have weights, from the output down: conv_1 ..., dense_1 ..., numbered from the input.

    Batch normalisation goes with the convolution before it: its scale, shift and running statistics were learnt too.
    """
    layers, counts = {}, {"conv": 0, "dense": 0}
    for module in network.layers:
        kind = {nn.Conv3d: "conv", nn.Linear: "dense"}.get(type(module))
        if kind:
            counts[kind] += 1
            layers[f"{kind}_{counts[kind]}"] = [module]
        elif isinstance(module, nn.BatchNorm3d):
            next(reversed(layers.values())).append(module)
    return dict(reversed(layers.items()))


def randomised(classifier: Classifier, names: Iterable[str], seed: int) -> Classifier:
    """A copy with torch's initial weights in some layers, behind the same scaling of its input.

    names : keys of weighted_layers. A layer's weights depend on the seed and the layer alone, and differ from those
    that training began with under the same seed.
    """
    network = deepcopy(classifier.network).cpu()
    layers = weighted_layers(network)
    for name in names:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.SeedSequence([seed, list(layers).index(name)]).generate_state(1)[0]))
            for module in layers[name]:
                module.reset_parameters()
    return Classifier(network.eval(), classifier.scaling, classifier.metadata)


def group_maps(
    classifiers: list[Classifier],
    cohort: Cohort,
    rows: np.ndarray,
    method: Method,
    device: torch.device,
    seed: int,
) -> np.ndarray:
    """(n_classifiers, n_voxels): mean over scans of the true class's maps, each divided by its L1 norm."""
    total = np.float64(0)
    for batch in explain_subjects(classifiers, cohort, rows, method, ["true_class"], device, seed):
        maps = batch.maps[:, 0]
        sums = np.abs(maps).sum(axis=2, dtype=np.float64, keepdims=True)
        total = total + (maps / np.where(sums > 0, sums, 1)).sum(axis=1)
    return total / len(rows)


def likeness(a: np.ndarray, b: np.ndarray, brain: np.ndarray) -> dict[str, float]:
    """ssim, spearman and spearman_absolute of two maps (n_voxels,) in the brain; NaN where a map does not vary."""
    volumes = np.zeros((2, *brain.shape))
    volumes[:, brain] = [as_shown(a), as_shown(b)]
    return {
        "ssim": structural_similarity(*volumes, brain),
        "spearman": correlations(np.array([a, b]))["spearman"][0, 1],
        "spearman_absolute": correlations(np.abs([a, b]))["spearman"][0, 1],
    }


def as_shown(values: np.ndarray) -> np.ndarray:
    """In 0 to 1, as heatmaps are shown: divided by a high percentile of |values| and clipped, zero in the middle.

    Signed values will not do for structural similarity: where both means and structures are opposite, their product
    would be a likeness.
    """
    limit = np.percentile(np.abs(values), PERCENTILE) or np.abs(values).max() or 1
    return (np.clip(values / limit, -1, 1) + 1) / 2


def structural_similarity(a: np.ndarray, b: np.ndarray, brain: np.ndarray) -> float:
    """Mean over the brain of the structural similarity of two images with values in 0 to 1.

    Wang et al. 2004 (IEEE Trans Image Process 13:600), Eq. 13, in 3D: the window is a Gaussian of 1.5 voxels, whose
    weights are those of the brain's voxels in it and add up to one. a, b, brain : (nx, ny, nz).
    """
    weight = gaussian_filter(brain.astype(np.float64), **WINDOW)[brain]

    def mean(image: np.ndarray) -> np.ndarray:
        return gaussian_filter(image * brain, **WINDOW)[brain] / weight

    mean_a, mean_b = mean(a), mean(b)
    variances = mean(a**2) - mean_a**2 + mean(b**2) - mean_b**2
    covariance = mean(a * b) - mean_a * mean_b
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return float(np.mean(luminance * (2 * covariance + C2) / (variances + C2)))
