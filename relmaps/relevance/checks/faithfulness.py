"""Whether the network uses what a heatmap points at: its evidence as parts of a scan are taken away or put back.

Deletion replaces blocks of voxels by a fill, those of the highest relevance first; insertion begins with the fill and
puts the blocks of the highest relevance back first (Petsiuk et al. 2018, BMVC, Section 3). Beside them stand orders
drawn at random. Images unlike any that trained the network would measure how it takes to these (Hooker et al. 2019,
NeurIPS, Section 1), so the fills look like scans: the mean of the training controls, and the scan itself, blurred.

Evidence is the logit of the true class minus that of the other one. The decision depends on this difference alone: one
logit may rise with the other, and a probability no longer moves where the network is sure.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
import torch
from scipy.ndimage import gaussian_filter
from torch import Tensor, nn

from relmaps.classify.memory import run_in_pieces
from relmaps.classify.performance import bootstrap_weights, percentile_interval
from relmaps.classify.weights import Classifier
from relmaps.relevance.checks.blocks import Blocks, cut_into_blocks
from relmaps.relevance.explain import Cohort, explain_subjects, images_at_once, to_explain
from relmaps.relevance.methods.method import Method, explained_value
from relmaps.relevance.targets import make_coefficients

AXES = {"curve": ["deletion", "insertion"], "fill": ["control_mean", "blurred"], "order": ["map", "random"]}
# ASSUME: a Gaussian two blocks wide leaves nothing that a single block could tell.
BLUR_BLOCKS = 2
FWHM_PER_SIGMA = np.sqrt(8 * np.log(2))


@dataclass(frozen=True)
class Replacing:
    """How blocks are replaced.

    block_mm : edge of a block. steps : from no block to all of them. random_orders : whose curves are averaged; they
    depend on seed and scan alone, and so are the same for every method.
    """

    block_mm: float
    steps: int
    random_orders: int
    seed: int

    def counts(self, n: int) -> np.ndarray:
        """(steps + 1,) how many of n blocks are replaced."""
        return np.round(np.linspace(0, n, self.steps + 1)).astype(int)


def evidence_along(
    classifier: Classifier,
    cohort: Cohort,
    rows: np.ndarray,
    method: Method,
    device: torch.device,
    replacing: Replacing,
) -> np.ndarray:
    """(n, 2, 2, 2, steps + 1): evidence of each scan along its curves; the middle axes are those of AXES.

    rows : (n,) of the cohort. Along the last axis the share of blocks that is deleted or inserted grows from 0 to 1.
    """
    blocks = cut_into_blocks(cohort.brain, cohort.grid.voxel_mm, replacing.block_mm)
    control_mean = classifier.scaling.apply(mean_image(cohort.images, cohort.controls))
    network = to_explain(classifier.network, device)
    at_once, parts = images_at_once(network, cohort.brain.size, device), 1
    counts = replacing.counts(blocks.n)
    # Blurred in the units that the network sees, where no voxel leaves the range of the scan's own values.
    sigma = BLUR_BLOCKS * replacing.block_mm / FWHM_PER_SIGMA / cohort.grid.voxel_mm
    curves = []
    for batch in explain_subjects([classifier], cohort, rows, method, ["true_class"], device, replacing.seed):
        for row, heat in zip(rows[batch.place], batch.maps[0, 0], strict=True):
            x = cohort.scaled(np.array([row]), classifier, device)[0, 0]
            blurred = gaussian_filter(x.cpu().numpy(), sigma, mode="nearest")
            rng = np.random.default_rng([replacing.seed, row])
            drawn = [rng.permutation(blocks.n) for _ in range(replacing.random_orders)]
            ranks = rank_blocks(blocks.means(heat, cohort.brain), ties=drawn[0])
            fills = [torch.from_numpy(fill).to(device) for fill in (control_mean, blurred)]
            scans = [Scan(network, x, fill, int(cohort.labels[row]), blocks, at_once) for fill in fills]
            work = partial(_compute_curves_of, scans, ranks, drawn, counts)
            found, parts = run_in_pieces(work, parts, at_once, "check", device)
            curves.append(found)
    return np.array(curves)


def _compute_curves_of(
    scans: list["Scan"], ranks: np.ndarray, drawn: list[np.ndarray], counts: np.ndarray, parts: int
) -> np.ndarray:
    """(2, 2, 2, n_counts): curve, fill and order, as in AXES, with fewer images together if memory ran out."""
    smaller = [replace(scan, at_once=-(-scan.at_once // parts)) for scan in scans]
    return np.stack([_compute_curves(scan, ranks, drawn, counts) for scan in smaller], axis=1)


def _compute_curves(scan: "Scan", ranks: np.ndarray, drawn: list[np.ndarray], counts: np.ndarray) -> np.ndarray:
    """(2, 2, n_counts): curve and order, as in AXES."""
    random = np.mean([scan.deletion(order, counts) for order in drawn], axis=0)
    # An order read backwards is as random: inserting by it retraces its deletion.
    return np.array(
        [[scan.deletion(ranks, counts), random], [scan.insertion(ranks, counts), random[::-1]]], dtype=np.float64
    )


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan some of whose blocks are replaced by a fill.

    x, fill : (nx, ny, nz) as the network sees them. at_once : images that go through the network together.
    """

    network: nn.Module
    x: Tensor
    fill: Tensor
    label: int
    blocks: Blocks
    at_once: int

    def deletion(self, ranks: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """(n_counts,) evidence when the blocks ranked below each count are replaced. ranks : (n_blocks,) from 0."""
        volume = torch.from_numpy(self.blocks.spread(ranks, elsewhere=self.blocks.n)).to(self.x.device)
        true, other = (make_coefficients("true_class", np.array([label])) for label in (self.label, 1 - self.label))
        coefficients = torch.from_numpy(true - other).to(self.x.device)
        values = []
        with torch.no_grad():
            for some in torch.from_numpy(counts).to(self.x.device).split(self.at_once):
                images = torch.where(volume < some[:, None, None, None], self.fill, self.x)
                values.append(explained_value(self.network, images[:, None], coefficients))
        return torch.cat(values).double().cpu().numpy()

    def insertion(self, ranks: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """(n_counts,) evidence when no blocks but those ranked below each count are the scan's own."""
        return self.deletion(self.blocks.n - 1 - ranks, self.blocks.n - counts)


def rank_blocks(relevance: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """(n_blocks,) place of each block from 0, the highest relevance first; of equals, the lowest of `ties`."""
    ranks = np.empty(len(relevance), dtype=int)
    ranks[np.lexsort((ties, -relevance))] = np.arange(len(relevance))
    return ranks


def mean_image(images: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(nx, ny, nz) mean of some images, one in memory at a time."""
    total = np.zeros(images.shape[1:])
    for row in rows:
        total += images[row]
    return total / len(rows)


def curve_table(evidence: np.ndarray) -> pd.DataFrame:
    """Means over scans: curve, fill, order, fraction, evidence, n_scans. evidence : of evidence_along."""
    fractions = np.linspace(0, 1, evidence.shape[-1])
    index = pd.MultiIndex.from_product([*AXES.values(), fractions], names=[*AXES, "fraction"])
    return pd.DataFrame({"evidence": evidence.mean(axis=0).ravel(), "n_scans": len(evidence)}, index).reset_index()


def area_table(evidence: np.ndarray, strata: np.ndarray, samples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Area under each curve by the trapezoidal rule, and how far the map's differs from that of random orders.

    evidence : of evidence_along. strata : (n,) codes; scans are drawn with replacement within each, such as label and
    fold, for percentile intervals of the mean over scans.
    Returns curve, fill, area, ci_low, ci_high, area_random, difference (of the map's from the random), its interval
    difference_ci_low and difference_ci_high, n_scans.
    """
    areas = np.trapezoid(evidence, dx=1 / (evidence.shape[-1] - 1), axis=-1)
    weights = bootstrap_weights(strata, samples, seed) / len(strata)
    index = pd.MultiIndex.from_product([AXES["curve"], AXES["fill"]], names=["curve", "fill"])
    by_map, by_chance = np.moveaxis(areas.reshape(len(areas), len(index), 2), 2, 0)
    table = pd.DataFrame({"area": by_map.mean(axis=0), "area_random": by_chance.mean(axis=0)}, index)
    table["difference"] = table["area"] - table["area_random"]
    for prefix, values in (("", by_map), ("difference_", by_map - by_chance)):
        ends = [percentile_interval(means, confidence) for means in (weights @ values).T]
        table[f"{prefix}ci_low"], table[f"{prefix}ci_high"] = zip(*ends, strict=True)
    return table.assign(n_scans=len(areas)).reset_index()
