"""Test the tests: apply each fault of this folder to a copy of the repository, where a test must then fail.

    python -m tests.mutations                              # all faults
    python -m tests.mutations auc_ties max_t_order         # two of them
    python -m tests.mutations --jobs 4                     # four at a time

A fault is a patch. Above its diff stand a line `Fault:`, which says what is wrong, and a line `Tests:` with the files
or folders whose tests should catch it first. Only tracked files are copied, so a new test counts once git knows it.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from relmaps.io.errors import UserError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TIERS = {"fast": "not slow and not long", "standard": "not long", "long": "long"}
MOST_BY_LONG_TIER = 2
PASSED, FAILED, NO_TESTS = 0, 1, 5  # exit statuses of pytest


def read_header(patch: Path) -> tuple[str, list[str]]:
    """Return what is wrong, and the paths of tests; UserError names a patch that is not there or lacks the lines."""
    if not patch.is_file():
        raise UserError(f"{patch.name}: no such fault; see the names of {HERE.relative_to(ROOT)}/*.patch")
    header = re.match(r"Fault: (.+)\nTests: (.+)\n", patch.read_text(encoding="utf-8"))
    if header is None:
        raise UserError(f"{patch.name}: does not start with the lines Fault: and Tests:; write them above the diff")
    return header[1], header[2].split()


@contextmanager
def copied_repository() -> Iterator[Path]:
    """Yield a temporary folder with the tracked files as they are in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with TemporaryDirectory(prefix="relmaps-fault-") as folder:
        for name in listed.split("\0"):
            if (ROOT / name).is_file():  # a file that was deleted is still listed
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, Path(folder, name))
        yield Path(folder)


def run_in(folder: Path, *command: str | Path) -> subprocess.CompletedProcess:
    """Run a command in a copy of the repository, for which git sees no repository around it."""
    # Else git would skip a patch to the files of the copy without a word.
    alone = os.environ | {"GIT_CEILING_DIRECTORIES": str(folder.parent)}
    return subprocess.run(command, cwd=folder, env=alone, capture_output=True, text=True, check=False)


def apply_patch(patch: Path, folder: Path) -> None:
    """Apply the patch to a copy of the repository; UserError if it does not fit the code."""
    run = run_in(folder, "git", "apply", patch)
    if run.returncode:
        reason = run.stderr.strip().splitlines()[0]
        raise UserError(f"{patch.name}: does not apply ({reason}); rewrite it for the code as it is")


def run_tests(folder: Path, tier: str, paths: Sequence[str] = ()) -> tuple[int, str]:
    """Run a tier's tests in a copy of the repository up to the first failure.

    Parameters
    ----------
    folder : path
    tier : str
        Key of TIERS.
    paths : sequence of str
        Files or folders with tests; none means all that pytest is configured to run.

    Returns
    -------
    status : int
        Exit status of pytest.
    reported : str
        Identifier of the test that failed, or the last line of output.
    """
    options = ["-x", "-q", "-p", "no:cacheprovider", "-m", TIERS[tier]]
    run = run_in(folder, sys.executable, "-m", "pytest", *options, *paths)
    failed = re.search(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", run.stdout, re.M)
    lines = (run.stdout + run.stderr).strip().splitlines() or ["no output"]
    return run.returncode, failed[1] if failed else lines[-1]


def judge(patch: Path) -> tuple[str, str]:
    """Return the tier that catches a fault and the failing test, or "survived" or "error" and the reason."""
    try:
        wrong, tests = read_header(patch)
        with copied_repository() as folder:
            apply_patch(patch, folder)
            for tier, paths in [("fast", tests), ("standard", tests), *((tier, ()) for tier in TIERS)]:
                status, reported = run_tests(folder, tier, paths)
                if status == FAILED and "::" in reported:
                    return tier, reported
                # The tests that should catch it may all be slow, but some must run in the standard tier.
                if status not in (PASSED, NO_TESTS) or (status == NO_TESTS and paths and tier == "standard"):
                    raise UserError(f"{patch.name}: pytest ends with status {status} ({reported}); rewrite it")
        return "survived", wrong
    except UserError as error:
        return "error", str(error)


def main(names: Sequence[str], jobs: int) -> int:
    """Judge the faults of these names, or all, and print a line for each; return the exit status."""
    patches = [HERE / f"{name}.patch" for name in names] or sorted(HERE.glob("*.patch"))
    tests = sorted({path for patch in patches for path in read_header(patch)[1]})
    with copied_repository() as folder:
        status, reported = run_tests(folder, "standard", tests)
    if status != PASSED:
        remedy = "mend the tests, or their paths in the patch"
        raise UserError(f"{reported}: pytest ends with status {status} without any fault; {remedy}")
    tiers = []
    with ThreadPoolExecutor(jobs) as pool:
        for patch, (tier, reported) in zip(patches, pool.map(judge, patches), strict=True):
            tiers.append(tier)
            print(f"{patch.stem:<24}  {tier:<8}  {reported}", flush=True)
    caught, by_long = sum(tier in TIERS for tier in tiers), tiers.count("long")
    print(f"{caught} of {len(patches)} caught, {by_long} only by the long tier")
    return int(caught < len(patches) or by_long > MOST_BY_LONG_TIER)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.mutations", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="names of patches without the ending; none means all")
    parser.add_argument("--jobs", type=int, default=1, help="faults that are judged at a time")
    arguments = parser.parse_args()
    try:
        sys.exit(main(arguments.names, arguments.jobs))
    except UserError as error:
        sys.exit(str(error))
