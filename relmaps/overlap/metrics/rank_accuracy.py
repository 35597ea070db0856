"""Relevance rank accuracy."""

from relmaps.overlap.match import Match
from relmaps.overlap.metrics.metric import Metric


class RankAccuracy(Metric):
    """Share of the reference's voxels among as many of the map's highest voxels as the reference has.

    The same number as Dice at matched size, because both sets have one size; it has a row of its own because papers on
    explanations report it under this name.
    """

    source = "Arras, Osman and Samek 2022, Inf Fusion 81:14, Eq. 14"

    def __call__(self, match: Match) -> float:
        return float(match.curve.hits_at(match.target.size) / match.target.size)
