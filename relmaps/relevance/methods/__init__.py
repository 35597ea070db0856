"""Heatmap methods, one per file; which there are and what they are called stands in relmaps/catalogue/maps.py."""

from importlib import import_module

from relmaps.catalogue.maps import HEATMAPS, find_map
from relmaps.io.errors import UserError
from relmaps.relevance.methods.method import Method


def method_class(name: str) -> type[Method]:
    """The class behind the map `name`; UserError if it is no heatmap."""
    record = find_map(name).method
    if record is None:
        raise UserError(f"relevance.methods: {name} is unknown; use {', '.join(HEATMAPS)}")
    module, _, class_name = record.implementation.partition(":")
    return getattr(import_module(f"{__name__}.{module}"), class_name)


def open_method(name: str, settings: dict) -> Method:
    """A method by the name of its map, with its keys from the configuration."""
    return method_class(name)(**settings)
