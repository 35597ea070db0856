"""One top-level setting of a study."""

from pathlib import Path

import yaml

from relmaps import ROOT


def setting(path: str | Path, key: str) -> object:
    """The value in a configuration file, or in the default that it is laid over."""
    layers = [yaml.safe_load(Path(layer).read_text(encoding="utf-8")) for layer in (ROOT / "config/config.yaml", path)]
    return (layers[0] | layers[1])[key]
