"""Where networks run, and how reproducibly."""

import ctypes
import logging

import torch

from relmaps.errors import UserError

log = logging.getLogger("relmaps")

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # malloc.h of glibc


def open_device(setting: str, gpus: int, compute_threads: int) -> torch.device:
    """Choose the device, set torch's threads and ask for deterministic algorithms.

    setting : auto | cpu | cuda. gpus : what Snakemake gave the job; `--resources gpu=0` does not stop a job that wants
    a GPU, it hands it 0. auto takes CUDA if the job was given a GPU and torch sees one, and says why where it does not.
    On the CPU the same inputs and threads give the same bytes. CUDA has no deterministic backward pass of MaxPool3d.
    """
    torch.set_num_threads(compute_threads)
    _keep_freed_memory()
    device = _choose(setting, gpus, torch.cuda.is_available())
    # As torch.use_deterministic_algorithms, which also imports torch's compiler: seconds that mapping has no use for.
    torch.set_deterministic_debug_mode("warn" if device.type == "cuda" else "error")
    if device.type == "cuda":
        log.info("device %s; results may differ in the last digits between runs", torch.cuda.get_device_name(device))
    return device


def _choose(setting: str, gpus: int, visible: bool) -> torch.device:
    if setting == "cuda" and not visible:
        raise UserError("device: cuda, but torch sees no GPU on this machine; set device to auto or cpu")
    if setting == "cuda" or (setting == "auto" and gpus and visible):
        return torch.device("cuda")
    reasons = {"cpu": "as configured", "auto": "torch sees no GPU" if gpus else "the job was given no GPU"}
    log.info("device cpu: %s", reasons[setting])
    return torch.device("cpu")


def _keep_freed_memory() -> None:
    """Let glibc reuse the blocks that tensors free, up to 1 GB each, instead of handing them back to the system.

    Otherwise the kernel clears them anew in every step: 40 % of the time of `small` on a 4 mm grid. Elsewhere a no-op.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(M_MMAP_THRESHOLD, 2**30)
        mallopt(M_TRIM_THRESHOLD, 2**31 - 1)
