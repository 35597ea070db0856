"""The study's answer in sentences, for the top of the report and for the terminal."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from relmaps.catalogue.looks import FAMILY_LOOKS
from relmaps.catalogue.maps import find_family
from relmaps.catalogue.models import is_confound
from relmaps.catalogue.names import map_name, model_name, reference_name
from relmaps.classify.performance import overall
from relmaps.figures.overlap import is_true, primary_scores

SUSPICIOUS_ACCURACY = 0.95
RECOVERY_AUC = 0.75  # only stated here; relmaps.overlap.recovery judges
WHOSE_TRUTH = {
    "simulated": "The cohort is simulated: this study checks the method against a ground truth and replicates no "
    "finding about patients.",
    "synthetic_atrophy": "All scans are of controls, and half of them have synthetic atrophy: this study checks the "
    "method on real anatomy and replicates no finding about patients.",
}


@dataclass(frozen=True)
class Answer:
    """Sentences: overlap has one per reference; recovery is empty without a ground truth.

    accuracy has one per model, and one for all confound models together.
    """

    overlap: list[str]
    recovery: list[str]
    accuracy: list[str]
    warnings: list[str]

    @property
    def sentences(self) -> list[str]:
        return [*self.overlap, *self.recovery, *self.accuracy, *self.warnings]


def answer(
    scores: pd.DataFrame, recovery: pd.DataFrame, performance: pd.DataFrame, *, confidence: float, truth: str | None
) -> Answer:
    """Write the answer. confidence : level of all intervals, 0 to 1. truth : as `find_truth` gives it."""
    auc = primary_scores(scores, "roc_auc")
    references = list(dict.fromkeys(auc["reference"]))
    accuracy = overall(performance, "balanced_accuracy")
    return Answer(
        overlap=[_overlap(auc[auc["reference"] == reference], reference, confidence) for reference in references],
        recovery=_recovery(recovery, confidence),
        accuracy=[
            f"{model_name(row.model)}: held-out balanced accuracy "
            f"{estimate(row.value, row.ci_low, row.ci_high, confidence)}."
            for row in accuracy.itertuples()
            if not is_confound(row.model)
        ]
        + confounds_sentence(accuracy),
        warnings=_warnings(accuracy) + ([WHOSE_TRUTH[truth]] if truth else []),
    )


def estimate(value: float, low: float, high: float, confidence: float | None = None) -> str:
    """ "0.78 (95 % interval 0.75 to 0.81)", short "0.78 [0.75, 0.81]" without a level; n/a for a missing value."""
    if np.isnan(value):
        return "n/a"
    if np.isnan(low) or np.isnan(high):
        return f"{value:.2f} (interval n/a)" if confidence else f"{value:.2f} [n/a]"
    if confidence is None:
        return f"{value:.2f} [{low:.2f}, {high:.2f}]".replace("-", "−")
    return f"{value:.2f} ({100 * confidence:g} % interval {low:.2f} to {high:.2f})"


def confounds_sentence(accuracy: pd.DataFrame) -> list[str]:
    """A sentence on all confound models, or none without any. accuracy : as `relmaps.classify.performance.overall`."""
    controls = named_estimates(accuracy[accuracy["model"].map(is_confound)])
    return [f"Confound models, whose input has no tissue contrast: {controls}."] if controls else []


def named_estimates(accuracy: pd.DataFrame) -> str:
    """ "Linear SVM 0.85 [0.76, 0.92]; Network “small” 0.79 [0.70, 0.86]". accuracy : rows of `overall`."""
    return "; ".join(
        f"{model_name(row.model)} {estimate(row.value, row.ci_low, row.ci_high)}" for row in accuracy.itertuples()
    )


def _overlap(auc: pd.DataFrame, reference: str, confidence: float) -> str:
    rows = auc.dropna(subset=["value"]).sort_values(["value", "map"], ascending=[False, True])
    is_ceiling = rows["map"].map(find_family) == "ceiling"  # made from the ground truth, so no competitor
    rows, ceilings = rows[~is_ceiling], rows[is_ceiling]
    name = reference_name(reference)
    if (auc["reference_kind"] == "text_mined").any():
        name += " (text-mined, not a curated contrast)"
    if rows.empty:
        return f"Overlap with the {name}: n/a, because its mask is empty."
    families = rows["map"].map(find_family)
    best = rows.iloc[0]
    text = (
        f"Against the {name}, the best map is {map_name(best['map'])}: "
        f"ROC AUC {estimate(best.value, best.ci_low, best.ci_high, confidence)}{_nulls(best)}"
    )
    others = []
    for family in ("heatmap", "tissue", "baseline"):
        mine = rows[families == family]
        if len(mine) and family != families.iloc[0]:
            top = mine.iloc[0]
            kind = FAMILY_LOOKS[family].title.lower()
            others.append(f"best {kind}: {map_name(top['map'])}, {estimate(top.value, top.ci_low, top.ci_high)}")
    others += [f"ceiling: {map_name(row.map)}, {row.value:.2f}" for row in ceilings.itertuples()]
    return f"{text}. {_sentence('; '.join(others))}" if others else f"{text}."


def _nulls(score: pd.Series) -> str:
    """p of the spatial null model and of the permutation test, as far as they were computed."""
    asked = {"surrogate maps": score.null_p_spatial, "label permutations": score.null_p_labels}
    known = [f"p = {p:.3f} against {null}" for null, p in asked.items() if np.isfinite(p)]
    return ", " + _join(known, "and") if known else ""


def _recovery(recovery: pd.DataFrame, confidence: float) -> list[str]:
    known = recovery[recovery["recovered"].notna() & (recovery["map"].map(find_family) == "heatmap")]
    if known.empty:
        return []
    yes = is_true(known["recovered"])
    rule = f"AUC of at least {RECOVERY_AUC}, and above every input-only baseline at {100 * confidence:g} % confidence"
    recovered, failed = ([map_name(name) for name in known["map"][chosen]] for chosen in (yes, ~yes))
    if not recovered:
        return [f"No heatmap recovers the ground truth ({rule}): not {_join(failed, 'nor')}."]
    verb = "recovers" if len(recovered) == 1 else "recover"
    unlike = f"; {_join(failed, 'and')} {'does' if len(failed) == 1 else 'do'} not" if failed else ""
    return [f"{_join(recovered, 'and')} {verb} the ground truth ({rule}){unlike}."]


def _warnings(accuracy: pd.DataFrame) -> list[str]:
    high = [model_name(row.model) for row in accuracy.itertuples() if row.value > SUSPICIOUS_ACCURACY]
    if not high:
        return []
    verb = "lies" if len(high) == 1 else "lie"
    who = _join(high, "and")
    return [f"{who} {verb} above {SUSPICIOUS_ACCURACY} balanced accuracy: check for leakage."]


def _join(words: list[str], last: str) -> str:
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."
