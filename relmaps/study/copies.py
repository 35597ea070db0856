"""Which copy of relmaps the scripts of a workflow would import."""

import os
import sys
from collections.abc import Sequence
from importlib.machinery import PathFinder
from pathlib import Path

import relmaps


def other_copy(root: str | Path, python_path: str = "", search: Sequence[str] | None = None) -> Path | None:
    """Find a copy of relmaps that would be imported instead of the one beside the Snakefile.

    Snakemake appends the Snakefile's folder to the path of each script, so a copy in the Python's own folders wins.

    Parameters
    ----------
    root : folder of the Snakefile.
    python_path : value of PYTHONPATH; its folders come first.
    search : folders that Python searches, sys.path by default. `root` and the current folder are left out, because
        Snakemake and `python -m` put them first in this process, but not in a script's.

    Returns
    -------
    Folder of the other package, or None.
    """
    own = Path(root).resolve() / "relmaps"
    loaded = Path(relmaps.__file__).resolve().parent
    if loaded != own:
        return loaded
    first = [folder for folder in python_path.split(os.pathsep) if folder]
    rest = [folder for folder in search or sys.path if Path(folder).resolve() not in (own.parent, Path.cwd())]
    spec = PathFinder.find_spec("relmaps", [*first, *rest])
    found = Path(spec.origin).resolve().parent if spec and spec.origin else own
    return None if found == own else found
