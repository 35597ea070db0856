"""Heads, diseases and a literature that are made up, so that their atrophy is known."""
