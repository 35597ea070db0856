"""Where networks run, and how reproducibly."""

import ctypes
import fcntl
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import IO

import torch

from relmaps.io.errors import UserError
from relmaps.io.jobs import record_device

log = logging.getLogger("relmaps")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc

_slots: list[IO] = []  # locks that this process holds until it ends


def open_device(setting: str, gpus: int, compute_threads: int, jobs_per_gpu: int = 1) -> torch.device:
    """Choose the device, set torch's threads and ask for deterministic algorithms.

    setting : auto | cpu | cuda. gpus : what Snakemake gave the job; `--resources gpu=0` does not stop a job that wants
    a GPU, it hands it 0. auto takes CUDA if the job was given a GPU and torch sees one, and says why where it does not.
    jobs_per_gpu : how many of this user's jobs may share a GPU of this machine at once; others wait for one.
    On the CPU the same inputs and threads give the same bytes. CUDA has no deterministic backward pass of MaxPool3d.
    """
    torch.set_num_threads(compute_threads)
    _keep_freed_memory()
    device = _choose(setting, gpus, torch.cuda.is_available())
    # As torch.use_deterministic_algorithms, which also imports torch's compiler: seconds that mapping has no use for.
    torch.set_deterministic_debug_mode("warn" if device.type == "cuda" else "error")
    if device.type == "cuda":
        names = [str(torch.cuda.get_device_properties(index).uuid) for index in range(torch.cuda.device_count())]
        device = torch.device("cuda", take_slot(names, jobs_per_gpu))
        log.info("device %s; results may differ in the last digits between runs", torch.cuda.get_device_name(device))
    record_device(torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu")
    return device


def _choose(setting: str, gpus: int, visible: bool) -> torch.device:
    if setting == "cuda" and not visible:
        raise UserError("device: cuda, but torch finds no GPU on this machine; set device to auto or cpu")
    if setting == "cuda" or (setting == "auto" and gpus and visible):
        return torch.device("cuda")
    reasons = {"cpu": "as configured", "auto": "torch finds no GPU" if gpus else "the job has no GPU"}
    log.info("device cpu: %s", reasons[setting])
    return torch.device("cpu")


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
