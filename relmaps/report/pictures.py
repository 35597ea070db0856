"""Images inside the page, and their texts for those who cannot see them."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import headline_scores
from relmaps.report.answer import Answer

SCREEN_WIDTH = 1600  # pixels: the page shows 1050, so this is sharp on dense screens as well
PHOTOGRAPHIC = ("maps", "mosaic")


@dataclass(frozen=True)
class Picture:
    """An image inside the page: data URI, size in pixels, and its text for those who cannot see it."""

    source: str
    width: int
    height: int
    alt: str


def embed(path: str | Path, alt: str, photographic: bool = False) -> Picture:
    """A PNG at screen resolution, as a data URI of WebP: lossless, or half as large for slices of brains."""
    with Image.open(path) as image:
        image = image.convert("RGB")
        if image.width > SCREEN_WIDTH:
            height = round(image.height * SCREEN_WIDTH / image.width)
            image = image.resize((SCREEN_WIDTH, height), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    image.save(content, "WEBP", **({"quality": 90} if photographic else {"lossless": True}))
    encoded = base64.b64encode(content.getvalue()).decode()
    return Picture(f"data:image/webp;base64,{encoded}", image.width, image.height, alt)


def alt_texts(subjects: pd.DataFrame, scores: pd.DataFrame, words: Answer) -> dict[str, str]:
    """Figure -> its text."""
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
        "regions": "Matrix of maps and references by regions: how many times its share of the volume each has there.",
        "trainings": "Marks of ROC AUC of the map of each training, per map, beside that of the group map.",
        "curves": "Curves of Dice against the share of voxels kept, and ROC curves, per map and reference.",
    }
