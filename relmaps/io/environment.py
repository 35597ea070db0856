"""What the environment of whoever starts a study must not change: figures, text, warnings, and where caches lie."""

import os
import sys
import tempfile
from pathlib import Path

SUBMITTED = "RELMAPS_SUBMITTED"  # set in a job that a scheduler runs
CACHE = Path(".snakemake/cache")  # below the working directory, which Snakemake writes to anyway

# MPLBACKEND : that of a notebook cannot be imported here, and importing matplotlib would fail.
# PYTHONUTF8 : files are UTF-8, also where the locale is not.
FIXED = {"MPLBACKEND": "Agg", "PYTHONUTF8": "1"}
DROPPED = ("PYTHONWARNINGS",)  # as errors, the warnings of libraries would end jobs


def prepare_environment(submitted: bool | None = None) -> None:
    """Set the variables of this process, which all that it starts inherits; the Snakefile calls it in each job.

    Caches go to the working directory where the user's folder for them cannot be written to: numba, which NiMARE
    needs, and Snakemake stop otherwise.

    submitted : whether a scheduler runs this process; None keeps what it inherited.
    """
    os.environ.update(FIXED)
    for name in DROPPED:
        os.environ.pop(name, None)
    if submitted is not None:
        os.environ.pop(SUBMITTED, None)
    if submitted:
        os.environ[SUBMITTED] = "1"
    if not is_writable(cache_folder()):
        os.environ["XDG_CACHE_HOME"] = str(CACHE.resolve())


def cache_folder() -> Path:
    """The user's folder for caches, as platformdirs and numba find it."""
    own = "~/Library/Caches" if sys.platform == "darwin" else "~/.cache"
    return Path(os.environ.get("XDG_CACHE_HOME", "").strip() or os.path.expanduser(own))


def is_writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made where it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
