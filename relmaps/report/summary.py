"""The study in about ten lines for the terminal: relmaps summary results/demo"""

from pathlib import Path

import numpy as np
import pandas as pd

from relmaps.catalogue.maps import find_family
from relmaps.catalogue.models import is_confound
from relmaps.catalogue.names import map_name, reference_name
from relmaps.catalogue.renamed import read_provenance
from relmaps.classify.performance import overall
from relmaps.cohort.truth import find_truth
from relmaps.figures.overlap import is_true, primary_scores
from relmaps.io.tables import read_table
from relmaps.report.answer import answer, confounds_sentence, estimate, named_estimates


def summarise(results: str | Path) -> list[str]:
    """Lines on accuracy, overlap of each map in the primary analysis, recovery, and where the report lies.

    results : folder of a finished study. Raises UserError that names the first file that is missing.
    """
    results = Path(results)
    scores = read_table(results / "overlap/scores.tsv")
    recovery = read_table(results / "overlap/recovery.tsv")
    performance = read_table(results / "classify/performance.tsv")
    config = read_provenance(results / "provenance.json")["config"]
    words = answer(scores, recovery, performance, confidence=config["overlap"]["confidence"], truth=find_truth(config))
    return [
        *_accuracy_lines(performance),
        *_overlap_lines(scores, recovery),
        *words.recovery,
        *words.warnings,
        f"Report: {results / 'report.html'}",
    ]


def _accuracy_lines(performance: pd.DataFrame) -> list[str]:
    """One of the models, and one of the confound models if there are any."""
    rows = overall(performance, "balanced_accuracy")
    models = named_estimates(rows[~rows["model"].map(is_confound)])
    return [f"Balanced accuracy: {models}", *confounds_sentence(rows)]


def _overlap_lines(scores: pd.DataFrame, recovery: pd.DataFrame) -> list[str]:
    """A line per map that is judged, best first, and one of all baselines, and of the ceiling."""
    auc = primary_scores(scores, "roc_auc")
    references = list(dict.fromkeys(auc["reference"]))
    recovered = set(recovery["map"][is_true(recovery["recovered"])])
    ranked = auc.sort_values("value", ascending=False, kind="stable")["map"].drop_duplicates()
    judged = ranked[~ranked.map(find_family).isin(["baseline", "ceiling"])]
    width = max([19, *map(len, map(map_name, judged))])
    header = "  ".join(f"{reference_name(reference):>18}" for reference in references)
    lines = [f"{'ROC AUC (primary)':<{width}}  {header}"]
    for name in judged:
        rows = auc[auc["map"] == name].set_index("reference")
        cells = [estimate(*rows.loc[reference, ["value", "ci_low", "ci_high"]]) for reference in references]
        mark = "  recovers the ground truth" if name in recovered else ""
        lines.append(f"{map_name(name):<{width}}  {'  '.join(f'{cell:>18}' for cell in cells)}{mark}")
    for family, title in (("baseline", "Baselines"), ("ceiling", "Ceiling")):
        values = [
            f"{map_name(name)} " + "/".join(estimate(value, np.nan, np.nan).split()[0] for value in rows)
            for name, rows in auc.groupby("map")["value"]
            if find_family(name) == family
        ]
        lines += [f"{title}: {', '.join(values)}"] if values else []
    return lines
