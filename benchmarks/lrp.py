"""Seconds and memory of the alpha-beta rule against a literal one: python -m benchmarks.lrp [--device cuda]

The literal rule makes the four products of the parts of input and weights one by one, hands each back by autograd, and
keeps the output of every layer, as one writes it first. Ours is relmaps.relevance.methods.lrp. Both explain one scan
with the same random network, batch normalisation merged, and take turns, each in a process of its own, set up as a job
is: medians of three after one warm-up. Memory is the peak over what the process held before. Errors are the largest
differences from the literal rule in float64 and in float32, relative to the largest absolute value; where two voxels of
a max-pool's window are equal to float32's precision, another one may win in float64, on either side.
"""

import argparse
import multiprocessing
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv3d, linear

from benchmarks.training import BENCH, CPU_GRID, GPU_GRID
from relmaps.catalogue.networks import NETWORKS
from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network
from relmaps.relevance.methods.lrp import Lrp, merge_batchnorm

REPEATS, BETA, EPSILON = 3, 0.5, 1e-6


def explain_literally(network: nn.Module, x: Tensor, coefficients: Tensor) -> Tensor:
    layers = merge_batchnorm(network.layers)
    outputs = [x]
    for layer in layers:
        outputs.append(layer(outputs[-1]))
    relevance = outputs[-1] * coefficients
    for layer, x in zip(reversed(layers), reversed(outputs[:-1]), strict=True):
        if isinstance(layer, nn.Conv3d | nn.Linear):
            relevance = alpha_beta(layer, x, relevance)
        elif isinstance(layer, nn.MaxPool3d):
            x = x.clone().requires_grad_()
            relevance = torch.autograd.grad(layer(x), x, relevance)[0]
        else:
            relevance = relevance.reshape(x.shape)
    return relevance[:, 0]


def alpha_beta(layer: nn.Module, x: Tensor, relevance: Tensor) -> Tensor:
    product = conv3d if isinstance(layer, nn.Conv3d) else linear
    inputs = [x.clamp(min=0), x.clamp(max=0), x.clamp(min=0), x.clamp(max=0)]
    weights = [f(layer.weight) for f in (positive_part, negative_part, negative_part, positive_part)]
    inputs = [part.requires_grad_() for part in inputs]
    z = [product(part, weight) for part, weight in zip(inputs, weights, strict=True)]
    supporting, opposing = (z[0] + z[1]).detach(), (z[2] + z[3]).detach()
    both = (supporting > EPSILON) & (opposing < -EPSILON)
    alpha = torch.where(both, 1 + BETA, 1.0) * (supporting > EPSILON)
    beta = torch.where(both, BETA, -1.0) * (opposing < -EPSILON)
    shares = [alpha * relevance / (supporting + EPSILON)] * 2 + [-beta * relevance / (opposing - EPSILON)] * 2
    return sum(
        part.detach() * torch.autograd.grad(out, part, share)[0]
        for part, out, share in zip(inputs, z, shares, strict=True)
    )


def positive_part(weight: Tensor) -> Tensor:
    return weight.clamp(min=0)


def negative_part(weight: Tensor) -> Tensor:
    return weight.clamp(max=0)


SIDES = {"literal": explain_literally, "ours": Lrp(beta=BETA, epsilon=EPSILON).explain}


def problem(device: str, signed: bool) -> tuple[nn.Module, Tensor, Tensor]:
    """The network, one smooth scan on a background of zeros, min-max scaled or z-scored, and what is explained."""
    NETWORKS["bench"] = BENCH
    model, grid = ("bench", CPU_GRID) if device == "cpu" else ("A24", GPU_GRID)
    rng = np.random.default_rng(0)
    coarse = rng.random([size // 8 + 2 for size in grid], dtype=np.float32)
    scan = np.kron(coarse, np.ones((8, 8, 8), np.float32))[tuple(slice(size) for size in grid)]
    scan = np.where(scan > 0.4, scan + 0.05 * rng.random(grid, dtype=np.float32), 0)
    scan = (scan - scan.mean()) / scan.std() if signed else scan / scan.max()
    network = build_network(model, grid, seed=0).eval().requires_grad_(False)
    return network.to(device), torch.from_numpy(scan)[None, None].to(device), torch.tensor([[0.0, 1.0]], device=device)


class Side:
    """One side in a process of its own, which keeps what it needs between the calls."""

    def __init__(self, name: str, device: str, threads: int, signed: bool):
        self.arguments = name, device, signed
        context = multiprocessing.get_context("spawn")
        self.process = ProcessPoolExecutor(1, context, initializer=open_device, initargs=(device, 1, threads))
        self.seconds, self.megabytes = [], 0.0

    def run(self) -> None:
        seconds, self.megabytes, self.map = self.process.submit(run, *self.arguments).result()
        self.seconds.append(seconds)


held: dict[str, tuple] = {}


def run(name: str, device: str, signed: bool) -> tuple[float, float, np.ndarray]:
    """Seconds of one map, peak MB of this process since its first map began, and the map."""
    if not held:
        held["problem"], held["before"] = problem(device, signed), memory_now(device)
    start = time.perf_counter()
    heat = SIDES[name](*held["problem"])
    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start, memory_peak(device) - held["before"], heat.cpu().numpy()


def memory_now(device: str) -> float:
    return torch.cuda.memory_allocated() / 2**20 if device == "cuda" else of_process("VmRSS")


def memory_peak(device: str) -> float:
    return torch.cuda.max_memory_allocated() / 2**20 if device == "cuda" else of_process("VmHWM")


def of_process(field: str) -> float:
    """MB; unlike getrusage's, the peak is not that of the process which started this one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith(field))


def exact(device: str, signed: bool) -> np.ndarray:
    network, x, coefficients = problem(device, signed)
    return explain_literally(network.double(), x.double(), coefficients.double()).cpu().numpy()


def main(device: str, threads: int) -> None:
    print(f"alpha-beta rule, one scan, {device}, {threads} threads")
    print("input\tside\tseconds\tratio\tpeak MB\tshare\terror, float64\tfloat32\tall runs, s")
    for signed, scaling in ((False, "min-max"), (True, "z-scored")):
        sides = {name: Side(name, device, threads, signed) for name in SIDES}
        for _ in range(1 + REPEATS):
            for side in sides.values():
                side.run()
        torch.set_num_threads(threads)
        truth = exact(device, signed)
        for name, side in sides.items():
            side.process.shutdown()
            seconds, literal = statistics.median(side.seconds[1:]), sides["literal"]
            ratio, share = statistics.median(literal.seconds[1:]) / seconds, side.megabytes / literal.megabytes
            errors = [f"{np.abs(side.map - other).max() / np.abs(other).max():.1e}" for other in (truth, literal.map)]
            numbers = [f"{seconds:.2f}", f"{ratio:.2f}", f"{side.megabytes:.0f}", f"{share:.2f}", *errors]
            print(scaling, name, *numbers, " ".join(f"{run:.2f}" for run in side.seconds[1:]), sep="\t", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    main(**vars(parser.parse_args()))
