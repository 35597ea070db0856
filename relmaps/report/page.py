"""The report: one HTML file with everything inside, which opens from disk without a network."""

from itertools import chain
from pathlib import Path

import pandas as pd

from relmaps.catalogue.figures import FIGURES
from relmaps.catalogue.names import map_name, reference_name
from relmaps.classify.covariates import describe_covariates
from relmaps.cohort.truth import find_truth
from relmaps.figures.overlap import is_true, primary_scores
from relmaps.report import tables
from relmaps.report.answer import answer
from relmaps.report.layout import layout
from relmaps.report.method import DEPARTURES, departures_from_recipe, flatten, method_sentences, primary_in_words
from relmaps.report.pictures import embed, facts_of_figures
from relmaps.report.table import render
from relmaps.report.viewer import LIBRARY

SHUFFLED = "The labels of this study are permuted: any effect is due to chance or leakage."
APPLIED = "External validation: the models come from another study and were never trained or selected on these scans."
LIMITS = [
    "Overlap with a meta-analysis shows that a map is high where groups differ on average. It does not show what a "
    "network uses in a single participant.",
    "Relevance follows tissue contrast even in networks at chance. The input-only baselines show how much of an "
    "overlap this explains.",
    "Intervals resample participants with the trained networks fixed; they exclude the variance of training. They "
    "target the noise-free population map, so a noisy map's score may lie below its own interval.",
    "The spatial null model assumes spatially uniform variance, which brain maps do not have: a small p against "
    "surrogate maps alone does not show disease. A small p against label permutations does, if the study ran them.",
    "An ALE map is a smoothed summary of reported peaks, with its own threshold: a reference, not the ground truth.",
    "Left and right come from the image headers; no check of a scan's shape can confirm them.",
]


def build_report(
    *,
    pictures: dict[str, str | Path],
    rows: dict[str, str | Path],
    published: dict[str, pd.DataFrame],
    sidecars: dict[str, dict],
    references: dict[str, dict],
    viewer: str,
    notes: list[str],
    provenance: dict,
) -> str:
    """The page as text; no participant is named in it.

    pictures : figure -> PNG. rows : map -> PNG of it alone. published : as in
    `relmaps.report.tables.study_tables`. sidecars : map -> group.json. references : reference -> reference.json.
    viewer : of `relmaps.report.viewer.viewer_data`. notes : those of the cohort's tables. provenance : content of
    provenance.json.
    """
    config, subjects, scores = provenance["config"], published["subjects"], published["scores"]
    confidence = config["overlap"]["confidence"]
    words = answer(
        scores, published["recovery"], published["performance"], confidence=confidence, truth=find_truth(config)
    )
    if config["classify"]["permute_labels"] is not None:
        words.warnings.insert(0, SHUFFLED)
    if config["external_validation"] is not None:
        words.warnings.append(APPLIED)
    facts = facts_of_figures(subjects, scores, words)
    contents = tables.study_tables(published, sidecars, references)
    if published["recovery"]["recovered"].isna().all():
        del contents["recovery"]
    parts = layout(pictures, contents)
    return render(
        "page.html.j2",
        title=f"relmaps: study {config['study']}",
        answer=words,
        primary=primary_in_words(config["overlap"]["primary"]),
        confidence=f"{100 * confidence:g}",
        method=method_sentences(config, len(subjects)),
        flow=_flow(published, config),
        images={
            name: embed(path, FIGURES[name].alt.format(**facts), FIGURES[name].photographic)
            for name, path in pictures.items()
        },
        captions={name: FIGURES[name].caption for name in pictures},
        parts=parts,
        notes=[*notes, *describe_covariates(subjects)],
        tables={name: contents[name].html() for part in chain(*parts.values()) for name in part.tables}
        | {
            "settings": tables.pairs(dict(flatten(config)), ("Key", "Value"), "Settings").html(),
            "versions": tables.pairs(_versions(provenance), ("Software", "Version"), "Software versions").html(),
            "recipe": tables.recipe(departures_from_recipe(config)).html(),
        },
        maps=[_map_page(name, rows[name], sidecars[name], scores) for name in rows],
        references={name: reference_name(name) for name in references},
        viewer=viewer,
        niivue=LIBRARY.read_text(encoding="utf-8"),
        provenance=provenance,
        departures=DEPARTURES,
        limits=LIMITS,
    )


def _flow(published: dict[str, pd.DataFrame], config: dict) -> list[tuple[str, str]]:
    """Stage and what came out of it, in numbers."""
    qc, subjects, performance = published["qc"], published["subjects"], published["performance"]
    scores = published["scores"]
    n_disease = int((subjects["label"] == 1).sum())
    n_specifications = len(scores[["sign", "mask", "smoothing_mm", "threshold_label"]].drop_duplicates())
    return [
        ("cohort", f"{len(qc)} scans"),
        ("preprocess", f"{len(subjects)} used, {n_disease} with disease"),
        ("classify", f"{performance['model'].nunique()} models, {config['classify']['folds']} folds"),
        ("relevance", f"{scores['map'].nunique()} group maps"),
        ("reference", ", ".join(map(reference_name, scores["reference"].unique()))),
        ("overlap", f"{len(scores):,} scores in {n_specifications} specifications".replace(",", " ")),
    ]


def _map_page(name: str, row: str | Path, sidecar: dict, scores: pd.DataFrame) -> dict:
    """The part of the page on one map: picture, sidecar, and every metric in the primary analysis."""
    mine = scores[(scores["map"] == name) & is_true(scores["primary"]) & (scores["fold"] == "all")]
    auc = primary_scores(mine, "roc_auc").dropna(subset=["value"])
    best = ", ".join(f"{row.value:.2f} against the {reference_name(row.reference)}" for row in auc.itertuples())
    facts = {key: value for key, value in flatten(sidecar) if key != "map" and value not in (None, "")}
    return {
        "name": name,
        "title": map_name(name),
        "auc": best or "n/a",
        "picture": embed(row, f"Axial slices of the map {map_name(name)}, from below to above.", photographic=True),
        "facts": tables.pairs(facts, ("Key", "Value"), f"{map_name(name)}: how it was made").html(),
        "metrics": tables.metrics(mine).html(),
    }


def _versions(provenance: dict) -> dict[str, str]:
    keys = {"relmaps": "relmaps", "git commit": "git_commit", "code (SHA-256)": "code"}
    keys |= {"python": "python", "platform": "platform"}
    return {title: provenance[key] for title, key in keys.items()} | provenance["packages"]
