"""Where networks run, and how reproducibly."""

import ctypes
import fcntl
import logging
import os
import platform
import re
import tempfile
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import torch

from relmaps.io.environment import SUBMITTED
from relmaps.io.errors import UserError
from relmaps.io.jobs import record_device

log = logging.getLogger("relmaps")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc
# Variables in which SLURM names the GPUs of a job, and in which any scheduler or user does.
SLURM_GRANTS = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS", "SLURM_GPUS_ON_NODE")
GRANTS = (*SLURM_GRANTS, "CUDA_VISIBLE_DEVICES")

_slots: list[IO] = []  # locks that this process holds until it ends


def open_device(
    setting: str, resources: Mapping[str, Any], compute_threads: int, jobs_per_gpu: int = 1
) -> torch.device:
    """Choose the device, set torch's threads and ask for deterministic algorithms.

    Parameters
    ----------
    setting : auto | cpu | cuda.
    resources : of the job, as Snakemake gives them; `gpu` and `gres` are read. `--resources gpu=0` does not stop a job
        that wants a GPU, it hands it 0.
    jobs_per_gpu : how many of this user's jobs may share a GPU of this machine at once; others wait for one.

    Returns
    -------
    The CPU, or a GPU that this torch can use. On the CPU the same inputs and threads give the same bytes. CUDA has no
    deterministic backward pass of MaxPool3d.

    Raises
    ------
    UserError : a GPU was asked for, and torch can use none.
    """
    torch.set_num_threads(compute_threads)
    _keep_freed_memory()
    gpus = _choose(setting, resources)
    # As torch.use_deterministic_algorithms, which also imports torch's compiler: seconds that mapping has no use for.
    torch.set_deterministic_debug_mode("warn" if gpus else "error")
    if not gpus:
        record_device("cpu")
        return torch.device("cpu")
    names = [str(torch.cuda.get_device_properties(index).uuid) for index in gpus]
    device = torch.device("cuda", gpus[take_slot(names, jobs_per_gpu)])
    name, given = torch.cuda.get_device_name(device), find_grant(GRANTS) or "given by no scheduler"
    log.info("device %s, %s; results may differ in the last digits between runs", name, given)
    record_device(name)
    return device


def _choose(setting: str, resources: Mapping[str, Any]) -> list[int]:
    """Indices of the GPUs that the job may use; none for the CPU, with the reason in the log."""
    asked = _find_request(setting, resources)
    if setting == "cpu" or (asked is None and not resources.get("gpu", 0)):
        log.info("device cpu: %s", "as configured" if setting == "cpu" else "the job has no GPU")
        return []
    gpus, fault, remedy = find_gpus()
    if not gpus and asked:
        raise UserError(f"{asked} asks for a GPU, but {fault}; {remedy}, or set device: cpu")
    if not gpus:
        log.info("device cpu: %s", fault)
    return gpus


def _find_request(setting: str, resources: Mapping[str, Any]) -> str | None:
    """What asked for a GPU that must then be there; None if the job only takes one where there is one.

    Rules say `gpu: 1` on every machine, so that this number alone is no request. It is one in a job that a scheduler
    runs (relmaps/io/environment.py), and where the environment names the GPUs that were handed out.
    """
    gpus, gres = resources.get("gpu", 0), str(resources.get("gres", ""))
    submitted = SUBMITTED in os.environ
    if setting == "cuda":
        return "device: cuda"
    if "gpu" in gres:
        return f"the job's resource gres={gres}"
    if gpus and submitted:
        return f"the job's resource gpu={gpus}"
    if gpus:
        return find_grant(GRANTS)
    # A job without the resource may have got its GPU from a partition, but not from the shell that it was sent from.
    return find_grant(SLURM_GRANTS) if submitted else None


def find_grant(names: Sequence[str]) -> str | None:
    """The first of these variables of the environment that names GPUs, with its value; None if there is none."""
    for name in names:
        value = os.environ.get(name, "").strip()
        nothing = ("", "0") if name == "SLURM_GPUS_ON_NODE" else ("", "-1", "NoDevFiles")
        if value not in nothing:
            return f"{name}={value}"
    return None


def find_gpus() -> tuple[list[int], str, str]:
    """Indices of the GPUs that this build of torch can use; where there is none, why, and what to do."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not found:
        return [], *_explain_absence([str(warning.message) for warning in caught])
    built_for = torch.cuda.get_arch_list()
    capabilities = [torch.cuda.get_device_capability(index) for index in range(found)]
    gpus = [index for index, capability in enumerate(capabilities) if runs_on(capability, built_for)]
    if gpus:
        return gpus, "", ""
    unfit = ", ".join(
        f"{torch.cuda.get_device_name(index)} has compute capability {major}.{minor}"
        for index, (major, minor) in enumerate(capabilities)
    )
    fault = f"{unfit}, and torch {torch.__version__} is built for {' '.join(built_for)}"
    return [], fault, "take another GPU or a torch that is built for this one"


def runs_on(capability: tuple[int, int], built_for: Sequence[str]) -> bool:
    """Whether a build of torch has code for a GPU.

    Parameters
    ----------
    capability : major and minor number of the GPU's compute capability.
    built_for : as torch.cuda.get_arch_list gives it. sm_XY is machine code, for GPUs of the same major number and the
        same or a higher minor one; compute_XY is compiled on any GPU that is as new or newer. With an f behind the
        number both need the same major number, with an a the same GPU. A list without both, such as that of ROCm, is
        not judged.
    """
    found = [match.groups() for arch in built_for if (match := re.fullmatch(r"(sm|compute)_(\d+)(\d)([a-z]?)", arch))]
    for kind, major, minor, letter in found:
        own = (int(major), int(minor))
        later = capability > own and letter != "a"
        if capability == own or (later and (capability[0] == own[0] or (kind == "compute" and not letter))):
            return True
    return not found


def _explain_absence(warned: Sequence[str]) -> tuple[str, str]:
    """Why torch sees no GPU, and what to do. warned : of what torch warned, such as a driver that is too old."""
    if not torch.backends.cuda.is_built():
        return f"torch {torch.__version__} is built without CUDA", "install one that is built with it"
    if warned:
        return f"torch cannot use it ({' '.join(warned[0].split())})", "mend what it names"
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    told = "not set" if visible is None else repr(visible)
    fault = f"torch finds no GPU on {platform.node()}, where CUDA_VISIBLE_DEVICES is {told}"
    return fault, "let the scheduler give the job one (profiles/slurm/README.md)"


def take_slot(gpus: list[str], jobs_per_gpu: int, wait_s: float = 1.0) -> int:
    """Index of a GPU with a free slot; waits until there is one. The slot is held until this process ends.

    gpus : names that are the same for all processes of the machine. The emptiest GPU is taken first. The locks are
    files that the system releases when a process ends, however it ends.
    """
    told = False
    while True:
        for slot in range(jobs_per_gpu):
            for index, gpu in enumerate(gpus):
                path = Path(tempfile.gettempdir(), f"relmaps-gpu-{os.getuid()}-{gpu}-{slot}.lock")
                file = open(path, "a")  # noqa: SIM115 (kept open, which is what holds the lock)
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    file.close()
                    continue
                _slots.append(file)
                return index
        if not told:
            log.info("waiting for a GPU: %d job(s) on each is the limit (gpu_jobs_per_device)", jobs_per_gpu)
            told = True
        time.sleep(wait_s)


def _keep_freed_memory() -> None:
    """Let glibc reuse the blocks that tensors free, up to 1 GB each, instead of handing them back to the system.

    Otherwise the kernel clears them anew in every step: 40 % of the time of `small` on a 4 mm grid. Elsewhere a no-op.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
