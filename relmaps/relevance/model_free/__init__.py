"""Maps that need no trained model, one per file of the map's name; their records stand in relmaps/catalogue/maps.py.

A file has one function `open_map`, which makes a function of subject weights from a `Study`.
"""

from importlib import import_module

from relmaps.relevance.model_free.study import Combine, Study


def open_model_free(name: str, study: Study) -> Combine:
    """Open the map `name`: a function of weights."""
    return import_module(f"{__name__}.{name}").open_map(study)
