"""relmaps: how far do the relevance maps of brain classifiers overlap the atrophy of a disease?"""

from pathlib import Path

__version__ = "0.2.0"

ROOT = Path(__file__).resolve().parent.parent  # of the workflow: the folder with the Snakefile
