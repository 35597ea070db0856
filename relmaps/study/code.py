"""Which code a script depends on, so that editing a function reruns just the rules that use it.

Snakemake reruns a job when its script changes, but does not look into the modules that the script imports.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

from relmaps import ROOT


def hash_code(script: str | Path) -> str:
    """Hash over a script and all `relmaps` modules that it imports, directly or not.

    A module's data lie beside it, in a YAML file of the same name. script : path of a Python file, absolute or relative
    to the repository root.
    """
    digest = hashlib.sha256()
    closure = import_closure(Path(ROOT, script))
    data = {path.with_suffix(".yaml") for path in closure}
    for path in sorted(closure | {path for path in data if path.is_file()}):
        digest.update(str(path.relative_to(ROOT)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def import_closure(script: Path) -> set[Path]:
    """The script and every file of the package `relmaps` that importing it would run."""
    closure, waiting = set(), [script]
    while waiting:
        path = waiting.pop()
        if path not in closure:
            closure.add(path)
            waiting.extend(_external_files(path))
    return closure


@cache
def _external_files(path: Path) -> tuple[Path, ...]:
    """Files that a file imports by name; a package that calls `import_module` may import any file of its folder."""
    names: set[str] = set()
    chosen: list[Path] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
            if path.name == "__init__.py" and "importlib.import_module" in names:
                chosen = sorted(path.parent.glob("*.py"))
    return (*chosen, *(file for name in names if name.split(".")[0] == "relmaps" for file in _find_files(name)))


def _find_files(name: str) -> list[Path]:
    """The module's file, and the `__init__` of every package on the way to it."""
    parts = name.split(".")
    candidates = [ROOT.joinpath(*parts[:n], "__init__.py") for n in range(1, len(parts) + 1)]
    candidates.append(ROOT.joinpath(*parts).with_suffix(".py"))
    return [path for path in candidates if path.is_file()]
