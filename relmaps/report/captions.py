"""What stands below each figure: one text for Snakemake's report, ours, and the paper."""

from relmaps import ROOT

CAPTIONS = ROOT / "workflow" / "report"


def caption_of(figure: str) -> str:
    """The caption of a figure, by the figure's name."""
    return (CAPTIONS / f"{figure}.rst").read_text(encoding="utf-8").strip()
