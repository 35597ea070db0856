"""A pickle that does harm when it is read."""

from pathlib import Path


class Trap:
    """Unpickling makes a file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)
