"""How long Snakemake plans a study of thousands of scans, and in how much memory: python -m benchmarks.planning 10000.

The scans are empty files in a temporary folder; nothing is run.
"""

import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from relmaps import ROOT
from relmaps.study.bids_tree import write_bids_tree


def measure(n_scans: int) -> dict:
    """Scans, jobs, seconds and the highest memory of a plan from a fresh state."""
    with tempfile.TemporaryDirectory() as folder:
        write_bids_tree(Path(folder), n_scans)
        command = [sys.executable, "-m", "snakemake", "-n", "--forceall", "--quiet", "rules", "--cores", "2"]
        command += ["--configfile", "config/bids.yaml", "config/dryrun.yaml", "--config", f"input={folder}"]
        start = time.monotonic()
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        seconds = time.monotonic() - start
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", run.stdout + run.stderr, re.M))
    return {
        "scans": n_scans,
        "jobs": jobs["total"],
        "preprocess_scans": jobs["preprocess_scans"],
        "seconds": f"{seconds:.1f}",
        "CPU seconds": f"{used.ru_utime + used.ru_stime:.1f}",
        "memory (GB)": f"{used.ru_maxrss / 1e6:.2f}",
    }


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
    print("\t".join(found))
    print("\t".join(map(str, found.values())))
