"""A SLURM cluster of one machine, on loopback, for as long as a block lasts."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template

SYSTEM = Path("/etc/slurm")
PREFIX = "relmaps-slurm-"
NODES = ("c1", "g1")
MEMORY_MB = 12000  # of each node, counted and not reserved


class ClusterError(Exception):
    """Why there can be no cluster here."""


@contextmanager
def running_cluster(start_s: float = 60) -> Iterator[Path]:
    """Start munged, slurmctld and one slurmd a node; cancel all jobs and end them all afterwards, whatever happened.

    Yields the folder with their logs. Their configuration is linked from /etc/slurm: the plugin's job step drops the
    variable SLURM_CONF before it calls srun.
    """
    if os.getuid() != 0:
        raise ClusterError("a cluster of one machine can be started by root alone; run make test-slurm as root")
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    with ExitStack() as stack:
        stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, lambda *_: sys.exit(1)))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        _write_configuration(folder)
        for name in ("slurm.conf", "gres.conf"):
            _link(SYSTEM / name, folder / name)
            stack.callback((SYSTEM / name).unlink)
        munge = [f"--socket={folder}/munge.socket", f"--key-file={folder}/munge.key", f"--log-file={folder}/munge.log"]
        munge += [f"--{name}-file={folder}/munge.{name}" for name in ("pid", "seed")]
        _daemon(stack, folder / "munged.log", "munged", "--foreground", *munge)
        _wait_for((folder / "munge.socket").exists, start_s, f"munged did not start; see {folder}/munged.log")
        _daemon(stack, folder / "slurmctld.log", "slurmctld", "-D")
        for node in NODES:
            _daemon(stack, folder / f"slurmd-{node}.log", "slurmd", "-D", "-N", node)
        stack.callback(_cancel_all)
        _wait_for(_all_idle, start_s, "the nodes did not become idle: " + _tails(folder))
        yield folder


def slurm(*command: str, timeout_s: float = 10) -> str:
    """What a SLURM client says; empty if the controller does not answer."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s).stdout
    except subprocess.TimeoutExpired:
        return ""


def _write_configuration(folder: Path) -> None:
    folder.chmod(0o755)  # munged refuses a folder that others cannot enter
    (folder / "state").mkdir()
    template = Template(Path(__file__).with_name("slurm.conf").read_text(encoding="utf-8"))
    values = {"folder": folder, "cpus": os.cpu_count(), "memory_mb": MEMORY_MB}
    (folder / "slurm.conf").write_text(template.substitute(values), encoding="utf-8")
    # A device that is everywhere: SLURM counts it, torch sees no GPU.
    (folder / "gres.conf").write_text("AutoDetect=off\nNodeName=g1 Name=gpu File=/dev/null\n", encoding="utf-8")
    (folder / "munge.key").write_bytes(secrets.token_bytes(128))
    (folder / "munge.key").chmod(0o400)


def _link(path: Path, target: Path) -> None:
    """Link a system file to ours; a file that somebody else made, or another test uses, is left alone."""
    if path.exists():
        raise ClusterError(f"{path} exists: this machine has a cluster, or another test of one; run the test elsewhere")
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)  # a link to the folder of a test that was killed, and is no more
    path.symlink_to(target)


def _daemon(stack: ExitStack, log: Path, *command: str) -> None:
    with open(log, "w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    stack.callback(_end, process)


def _end(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _all_idle() -> bool:
    return slurm("sinfo", "-h", "-N", "-o", "%T").split() == ["idle"] * len(NODES)


def _cancel_all() -> None:
    slurm("scancel", "--user=root")
    deadline = time.monotonic() + 30
    while slurm("squeue", "-h").strip() and time.monotonic() < deadline:
        time.sleep(0.5)


def _wait_for(condition, seconds: float, otherwise: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise ClusterError(otherwise)
        time.sleep(0.2)


def _tails(folder: Path) -> str:
    return "".join(path.read_text()[-500:] for path in sorted(folder.glob("*.log")))
