"""Training speed against a literal loop: python -m benchmarks.training [--device cuda]

The literal loop reads each scan with nibabel in every epoch, scales it in float64 and trains in batches of five, with
torch's defaults. Ours trains the same network on the same scans from the memory-mapped array. Both take whole epochs of
forty scans, data included; medians of three after one warm-up. Training samples per second, and the ratio.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import nibabel as nib
import numpy as np
import torch
from torch import nn

from relmaps.catalogue.networks import NETWORKS, Architecture, find_architecture
from relmaps.classify.batches import Scans
from relmaps.classify.checkpoint import State
from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network, memory_format
from relmaps.classify.recipe import Recipe
from relmaps.classify.scaling import UNSCALED
from relmaps.classify.training import Training, _schedule, _train_epoch

N, BATCH, REPEATS = 40, 5, 3
# A, C and D do not fit this grid, so the CPU trains a network of their kind that does.
BENCH = Architecture(channels=(8, 8, 8, 8), kernels=(5, 5, 3, 3), pools=(2, 2, 2, 2), hidden=64)
CPU_GRID, GPU_GRID = (97, 115, 97), (193, 229, 193)


def write_scans(folder: Path, grid: tuple[int, ...]) -> tuple[list[Path], Path]:
    """Forty smooth scans as .nii.gz and as one array scaled to 0..1, as the workflow builds it."""
    rng = np.random.default_rng(0)
    array = np.lib.format.open_memmap(folder / "array.npy", mode="w+", dtype=np.float32, shape=(N, *grid))
    paths = []
    for row in range(N):
        coarse = rng.random([size // 8 + 2 for size in grid], dtype=np.float32)
        image = np.kron(coarse, np.ones((8, 8, 8), np.float32))[tuple(slice(size) for size in grid)]
        image = np.where(image > 0.4, 1000 * image + 50 * rng.random(grid, dtype=np.float32), 0)  # half is background
        paths.append(folder / f"{row}.nii.gz")
        nib.save(nib.Nifti1Image(image.astype(np.int16), np.eye(4)), paths[-1])
        values = np.asarray(nib.load(paths[-1]).dataobj, dtype=np.float32)
        array[row] = values / values.max()
    array.flush()
    return paths, folder / "array.npy"


class LiteralLoop:
    """Epochs as they are written first: one file after the other, in float64."""

    def __init__(self, model: str, grid: tuple[int, ...], paths: list[Path], device: torch.device):
        self.network, self.paths, self.device = build_network(model, grid, 0).to(device), paths, device
        self.optimiser = torch.optim.Adam(self.network.parameters(), 1e-4, weight_decay=1e-4)

    def epoch(self) -> None:
        self.network.train()
        order = np.random.permutation(N)
        for start in range(0, N, BATCH):
            images = []
            for row in order[start : start + BATCH]:
                image = nib.load(self.paths[row]).get_fdata()
                images.append((image - image.min()) / (image.max() - image.min()))
            batch = torch.from_numpy(np.stack(images))[:, None].float().to(self.device)
            labels = torch.from_numpy(order[start : start + BATCH] % 2).to(self.device)
            self.optimiser.zero_grad()
            loss = nn.functional.cross_entropy(self.network(batch), labels)
            loss.backward()
            self.optimiser.step()
            loss.item()


class OurLoop:
    """Epochs of relmaps.classify.training."""

    def __init__(self, model: str, grid: tuple[int, ...], array: Path, device: torch.device, precision: str):
        self.network = build_network(model, grid, 0)
        self.network.to(device, memory_format=memory_format(self.network))
        recipe = Recipe(100, "last", BATCH, 1e-4, 1e-4, "adam", "constant", None, "none", None, precision)
        images = np.load(array, mmap_mode="r")
        self.scans = Scans(images, UNSCALED, np.arange(N) % 2, np.ones(grid, bool), device)
        self.training = Training(np.arange(N), np.arange(0), recipe, 0)
        self.optimiser = torch.optim.Adam(self.network.parameters(), 1e-4, weight_decay=1e-4)
        self.schedule, self.state = _schedule(self.optimiser, recipe, N // BATCH), State()

    def epoch(self) -> None:
        steps = N // BATCH
        _train_epoch(self.network, self.scans, self.training, 1, steps, self.optimiser, self.schedule, self.state)


def seconds(loop, device: torch.device) -> float:
    start = time.perf_counter()
    loop.epoch()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def main(device: str, threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_deterministic_debug_mode("default")
    target = torch.device(device)
    model, grid = ("bench", CPU_GRID) if device == "cpu" else ("A24", GPU_GRID)
    NETWORKS["bench"] = BENCH
    with tempfile.TemporaryDirectory() as folder:
        paths, array = write_scans(Path(folder), grid)
        times = {"literal loop": [], "ours, float32": [], "ours, bf16": []}
        # The literal loop runs before this process is told to keep freed memory, which open_device does for ours.
        literal = LiteralLoop(model, grid, paths, target)
        seconds(literal, target)
        times["literal loop"] = [seconds(literal, target) for _ in range(REPEATS)]
        open_device(device, {"gpu": 1}, threads)
        for name, precision in (("ours, float32", "float32"), ("ours, bf16", "bf16")):
            loop = OurLoop(model, grid, array, target, precision)
            seconds(loop, target)
            times[name] = [seconds(loop, target) for _ in range(REPEATS)]
    base = statistics.median(times["literal loop"])
    print(f"{model} {find_architecture(model).channels} at {'x'.join(map(str, grid))} on {device}, {threads} threads")
    print("loop\tsamples/s\tratio\tall runs, s")
    for name, runs in times.items():
        median = statistics.median(runs)
        print(f"{name}\t{N / median:.2f}\t{base / median:.2f}\t{' '.join(f'{run:.2f}' for run in runs)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    main(**vars(parser.parse_args()))
