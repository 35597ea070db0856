"""Print one top-level setting of a study: python -m relmaps.study.setting config/bids.yaml study."""

import sys
from pathlib import Path

from relmaps.study.config import read_config


def setting(path: str | Path, key: str) -> object:
    """The value in a configuration file, or in the default that it is laid over."""
    return read_config(path)[key]


if __name__ == "__main__":
    print(setting(*sys.argv[1:]))
