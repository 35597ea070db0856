"""What every script does around its `main`: a log, a fixed thread count, and one clear line for a user's mistake."""

import logging
import os
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits

from relmaps.io.errors import UserError

log = logging.getLogger("relmaps")

# All that the scripts import from elsewhere, as modules.
THIRD_PARTY = (
    *(
        "PIL",
        "ants",
        "captum",
        "dcm2niix",
        "deepbet",
        "jinja2",
        "markupsafe",
        "matplotlib",
        "nibabel",
        "nilearn",
        "nimare",
    ),
    *("numpy", "pandas", "safetensors", "scipy", "sklearn", "statsmodels", "threadpoolctl", "torch", "yaml"),
)


@contextmanager
def job(snakemake, compute_threads: int = 1) -> Iterator[None]:
    """Run the block as the body of a Snakemake job.

    Messages go to the rule's log file. A UserError ends the job with one line on the terminal and in the log;
    anything else is a defect of ours and keeps its traceback. Numeric libraries get `compute_threads` threads, which
    come from the configuration and not from `snakemake.threads`: that is clamped to the cores given, and sums over
    other numbers of threads give other last digits.
    """
    path = Path(snakemake.log[0])
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False  # NiMARE, when imported, sends everything to the terminal
    logging.raiseExceptions = False  # a log that cannot grow on a full disk must not bury the line that matters
    _log_environment()
    start = time.monotonic()
    try:
        with threadpool_limits(compute_threads):
            yield
        log.info("done in %.1f s", time.monotonic() - start)
    except UserError as error:
        log.error("%s", error)
        # Leave at once: Snakemake's wrapper would add a traceback, which hides the line that matters.
        print(f"relmaps: {snakemake.rule}: {error}", file=sys.stderr, flush=True)
        os._exit(1)
    except Exception:
        log.exception("failed")
        raise


def _log_environment() -> None:
    """Say where the modules came from: the host's packages can leak into a conda job unnoticed."""
    log.info("python %s", sys.executable)
    for name in THIRD_PARTY:
        if name in sys.modules:
            log.info("%s %s", name, sys.modules[name].__file__)


def progress(items: Collection, what: str) -> Iterator:
    """Pass the items through, logging "what 3/80, 1.2 s each, 92 s left"."""
    total, start = len(items), time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        each = (time.monotonic() - start) / done
        log.info("%s %d/%d, %.2f s each, %.0f s left", what, done, total, each, each * (total - done))
