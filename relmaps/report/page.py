"""The report: one HTML file with everything inside, which opens from disk without a network."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

from relmaps.code import ROOT
from relmaps.figures.names import map_name, reference_name
from relmaps.figures.overlap import headline_scores, is_true, overlap_table
from relmaps.report import tables
from relmaps.report.answer import Answer, answer
from relmaps.truth import truth_of

CAPTIONS = ROOT / "workflow" / "report"
SCREEN_WIDTH = 1600  # pixels: the page shows 1050, so this is sharp on dense screens as well

CAPTIONED = ("sanity", "faithfulness", "stability", "sweep", "truth", "growth")
SHUFFLED = "The labels of this study are shuffled: whatever it finds is chance, or a leak."
APPLIED = "The models are those of another study; none of these scans trained or chose them."
LIMITS = [
    "Overlap with a meta-analysis says that a map points where groups differ on average, not what a network uses for "
    "a single person.",
    "Relevance follows tissue contrast even in networks at chance; the input-only baselines show how much of an "
    "overlap that is.",
    "Intervals resample participants with the trained networks held fixed; the variance of training again is not in "
    "them. They are for the map without the noise of a finite cohort, so that a noisy map's score may lie below its "
    "own.",
    "Random fields as smooth as a map vary equally everywhere, and brains do not: a small p against them alone does "
    "not show disease. Shuffled labels do, where the study ran them.",
    "An ALE map is a smoothed summary of reported peaks, with its own threshold: a reference, not the truth.",
    "Left and right are taken from the image headers; no check of a scan's shape can confirm them.",
]


@dataclass(frozen=True)
class Picture:
    """An image inside the page: data URI, size in pixels, and its text for those who cannot see it."""

    source: str
    width: int
    height: int
    alt: str


def embed_png(path: str | Path, alt: str) -> Picture:
    """A PNG at screen resolution, as a data URI."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        if image.width > SCREEN_WIDTH:
            height = round(image.height * SCREEN_WIDTH / image.width)
            image = image.resize((SCREEN_WIDTH, height), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    return Picture(
        "data:image/png;base64," + base64.b64encode(content.getvalue()).decode(), image.width, image.height, alt
    )


def build_report(
    *,
    pictures: dict[str, str | Path],
    subjects: pd.DataFrame,
    performance: pd.DataFrame,
    model_comparisons: pd.DataFrame,
    variability: pd.DataFrame,
    scores: pd.DataFrame,
    comparisons: pd.DataFrame,
    recovery: pd.DataFrame,
    sidecars: dict[str, dict],
    references: dict[str, dict],
    provenance: dict,
) -> str:
    """The page as text. Tables as published; no participant is named in it.

    pictures : cohort, quality, performance, calibration, maps, ranking, curves and, if there are, mosaic, learning,
    sanity, faithfulness, stability, sweep, truth and growth -> PNG.
    sidecars : map -> group.json. references : reference -> reference.json. provenance : content of provenance.json.
    """
    config = provenance["config"]
    confidence = config["overlap"]["confidence"]
    words = answer(scores, recovery, performance, confidence=confidence, truth=truth_of(config))
    if config["classify"]["permute_labels"] is not None:
        words.warnings.insert(0, SHUFFLED)
    if config["apply"] is not None:
        words.warnings.append(APPLIED)
    alts = _alt_texts(subjects, scores, words)
    return tables.render(
        "page.html.j2",
        title=f"relmaps: study {config['study']}",
        answer=words,
        headline=_headline_in_words(config["overlap"]["headline"]),
        confidence=f"{100 * confidence:g}",
        outline=reference_name(next(iter(references))),
        captions={
            name: (CAPTIONS / f"{name}.rst").read_text(encoding="utf-8") for name in CAPTIONED if name in pictures
        },
        images={name: embed_png(path, alts[name]) for name, path in pictures.items()},
        tables={
            "performance": tables.performance_html(performance),
            "model_comparisons": tables.model_comparisons_html(model_comparisons),
            "variability": tables.variability_html(variability),
            "overlap": tables.overlap_html(overlap_table(scores)),
            "recovery": tables.recovery_html(recovery) if recovery["recovered"].notna().any() else "",
            "comparisons": tables.comparisons_html(comparisons[is_true(comparisons["headline"])]),
            "polarity": tables.polarity_html(sidecars),
            "references": tables.references_html(references),
            "settings": tables.pairs_html(dict(flatten(config)), ("Key", "Value"), "Settings"),
            "versions": tables.pairs_html(_versions(provenance), ("Software", "Version"), "Software versions"),
        },
        provenance=provenance,
        limits=LIMITS,
    )


def flatten(settings: object, prefix: str = "") -> list[tuple[str, object]]:
    """Nested settings as pairs of dotted key and value; lists of plain values stay in one cell."""
    if isinstance(settings, dict) and settings:
        return [pair for key, value in settings.items() for pair in flatten(value, f"{prefix}.{key}".strip("."))]
    if isinstance(settings, list) and any(isinstance(item, dict) for item in settings):
        return [pair for n, item in enumerate(settings, 1) for pair in flatten(item, f"{prefix}.{n}")]
    return [(prefix, ", ".join(map(str, settings)) if isinstance(settings, list) else settings)]


def _versions(provenance: dict) -> dict[str, str]:
    keys = {"relmaps": "relmaps", "git commit": "git_commit", "code (SHA-256)": "code"}
    keys |= {"python": "python", "platform": "platform"}
    return {title: provenance[key] for title, key in keys.items()} | provenance["packages"]


def _headline_in_words(headline: dict) -> str:
    sign = {"abs": "absolute value of the map", "positive": "positive part of the map", "signed": "the signed map"}
    mask = {"brain": "the whole brain", "gm": "grey matter"}
    return f"{sign[headline['sign']]}, smoothed {headline['smoothing_mm']:g} mm, inside {mask[headline['mask']]}"


def _alt_texts(subjects: pd.DataFrame, scores: pd.DataFrame, words: Answer) -> dict[str, str]:
    n_disease = int((subjects["label"] == 1).sum())
    auc = headline_scores(scores, "roc_auc").dropna(subset=["value"]).sort_values("value", ascending=False)
    orders = [
        f"against the {reference_name(reference)} "
        + ", ".join(f"{map_name(row.map)} {row.value:.2f}" for row in rows.itertuples())
        for reference, rows in auc.groupby("reference", sort=False)
    ]
    return {
        "cohort": f"Flow diagram from the scans found to {len(subjects)} used: {n_disease} with disease and "
        f"{len(subjects) - n_disease} controls, beside the ages of both groups.",
        "quality": "Dot plots by group: similarity to the template, Dice of brain mask and grey matter, total volume, "
        "noise and variation of the white matter.",
        "mosaic": "Slices of the registered scans with the outline of the template's grey matter; excluded and flagged "
        "scans come first.",
        "performance": f"Dot plot with intervals. {' '.join(words.accuracy)}",
        "calibration": "Share with disease against predicted probability, in bins with intervals, per model.",
        "learning": "Loss by epoch in training and validation, per fold, with the epoch whose weights are kept.",
        "maps": "Axial slices of each group map and of the references on the template, in neurological orientation.",
        "ranking": f"Maps ranked by ROC AUC, {'; '.join(orders) or 'none could be scored'}.",
        "sanity": "Likeness of each method's group map to the original, as the network's layers become random.",
        "faithfulness": "Evidence for the true class as the most relevant blocks are deleted or inserted, per method, "
        "beside random order.",
        "stability": "Matrix of agreement between maps, correlation between seeds, folds and architectures, and shares "
        "of relevance per tissue.",
        "sweep": "Matrix of the rank of each map in each cell of the sweep, per reference, and bars of how often each "
        "heatmap has each rank over all ways of pooling.",
        "truth": "Scatter of each map's overlap with the truth against its overlap with the other references.",
        "growth": "Lines of ROC AUC against the number of subjects and the severity, per map and reference.",
        "curves": "Curves of Dice against the share of voxels kept, and ROC curves, per map and reference.",
    }
