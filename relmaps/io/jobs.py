"""What every script does around its `main`: a log, a fixed thread count, a record of what the job used, and one clear
line for a user's mistake.
"""

import logging
import os
import resource
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from threadpoolctl import threadpool_limits

from relmaps.io.errors import UserError
from relmaps.io.files import write_json
from relmaps.io.machine import find_fault

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
    *("numpy", "pandas", "pydicom", "safetensors", "scipy", "sklearn", "statsmodels", "threadpoolctl", "torch", "yaml"),
)

_device: list[str] = []  # of this process, which runs one job


def record_device(name: str) -> None:
    """Say on which device the job of this process computes; it goes into the record of what the job used."""
    _device[:] = [name]


@contextmanager
def job(snakemake, compute_threads: int = 1) -> Iterator[None]:
    """Run the block as the body of a Snakemake job.

    Messages go to the rule's log file. A UserError, or a fault of the machine, ends the job with one line on the
    terminal; anything else is a defect of ours and keeps its traceback. Numeric libraries get `compute_threads`
    threads, which come from the configuration and not from `snakemake.threads`: that is clamped to the cores given, and
    sums over other numbers of threads give other last digits. A job that ends well leaves a JSON file beside its log
    that says what it used: rule, device (null where no network runs), wall_s, cpu_s, memory_mb (the largest), and in
    environment the files of Python and of the packages that it imported.
    """
    path = Path(snakemake.log[0])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, mode="w", encoding="utf-8")
    except OSError as error:
        why = find_fault(error) or f"cannot be written ({error.strerror}); check the permissions of its folder"
        _leave(snakemake.rule, f"{path}: {why}")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False  # NiMARE, when imported, sends everything to the terminal
    logging.raiseExceptions = False  # a log that cannot grow on a full disk must not bury the line that matters
    environment = _environment()
    for name, file in environment.items():
        log.info("%s %s", name, file)
    start = time.monotonic()
    try:
        with threadpool_limits(compute_threads):
            yield
        wall_s = time.monotonic() - start
        log.info("done in %.1f s", wall_s)
        used = {"rule": snakemake.rule} | _used(wall_s) | {"environment": environment}
        write_json(used, path.with_suffix(".json"))
    except UserError as error:
        log.error("%s", error)
        _leave(snakemake.rule, str(error))
    except Exception as error:
        log.exception("failed")
        fault = find_fault(error)
        if fault is not None:
            _leave(snakemake.rule, fault)
        raise


def _leave(rule: str, line: str) -> NoReturn:
    """End the process at once: Snakemake's wrapper would add a traceback, which hides the line that matters."""
    print(f"relmaps: {rule}: {line}", file=sys.stderr, flush=True)
    os._exit(1)


def _environment() -> dict[str, str | None]:
    """Where the modules came from: the host's packages can leak into a conda job unnoticed."""
    return {"python": sys.executable} | {
        name: sys.modules[name].__file__ for name in THIRD_PARTY if name in sys.modules
    }


def _used(wall_s: float) -> dict[str, object]:
    times = os.times()
    return {
        "device": next(iter(_device), None),
        "wall_s": round(wall_s, 2),
        "cpu_s": round(times.user + times.system + times.children_user + times.children_system, 2),
        "memory_mb": round(_peak_mb(), 1),
    }


def _peak_mb() -> float:
    """Largest memory of this process; on Linux getrusage would count that of the process which started it, too."""
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on macOS


def progress(items: Collection, what: str) -> Iterator:
    """Pass the items through, logging "what 3/80, 1.2 s each, 92 s left"."""
    total, start = len(items), time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        each = (time.monotonic() - start) / done
        log.info("%s %d/%d, %.2f s each, %.0f s left", what, done, total, each, each * (total - done))
