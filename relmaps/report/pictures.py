"""Images inside the page, and their texts for those who cannot see them."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from PIL import Image

from relmaps.catalogue.names import map_name, reference_name
from relmaps.figures.overlap import primary_scores
from relmaps.report.answer import Answer

SCREEN_WIDTH = 1600  # pixels: the page shows 1050, so this is sharp on dense screens as well


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


def facts_of_figures(subjects: pd.DataFrame, scores: pd.DataFrame, words: Answer) -> dict[str, str]:
    """What the texts of relmaps/catalogue/figures.yaml name in braces, for those who cannot see a figure."""
    n_disease = int((subjects["label"] == 1).sum())
    auc = primary_scores(scores, "roc_auc").dropna(subset=["value"]).sort_values("value", ascending=False)
    orders = [
        f"against the {reference_name(reference)} "
        + ", ".join(f"{map_name(row.map)} {row.value:.2f}" for row in rows.itertuples())
        for reference, rows in auc.groupby("reference", sort=False)
    ]
    return {
        "n_used": f"{len(subjects)}",
        "n_disease": f"{n_disease}",
        "n_control": f"{len(subjects) - n_disease}",
        "accuracy": " ".join(words.accuracy),
        "ranking": "; ".join(orders) or "none could be scored",
    }
