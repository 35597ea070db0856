"""Checks of heatmaps: whether they show what was learnt and used, whether they are stable, and where they lie."""
