"""relmaps: how far do the relevance maps of brain classifiers overlap known atrophy?"""

__version__ = "0.1.0"
