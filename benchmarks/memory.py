"""Peak memory of training and of heatmap methods: python -m benchmarks.memory [--device cuda]

In float32 copies of the first block's output, which the limits of the rules are made of (relmaps/io/resources.py). Each
case runs in a process of its own, set up as a job is; memory is the peak over what it held before, which on a CPU is
torch, the network and the scans.
"""

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from torch import nn

from benchmarks.lrp import memory_now, memory_peak
from benchmarks.training import BENCH, CPU_GRID, GPU_GRID
from relmaps.catalogue.networks import NETWORKS, find_architecture
from relmaps.classify.device import open_device
from relmaps.classify.networks import build_network, memory_format
from relmaps.relevance.explain import to_explain
from relmaps.relevance.methods.gradient_x_input import GradientTimesInput
from relmaps.relevance.methods.guided_gradcam import GuidedGradCam
from relmaps.relevance.methods.integrated_gradients import IntegratedGradients
from relmaps.relevance.methods.lrp import Lrp, LrpComposite

METHODS = {
    "lrp": Lrp(beta=0.5, epsilon=1e-6),
    "lrp_composite": LrpComposite(gamma=0.25, epsilon=1e-6),
    "integrated_gradients": IntegratedGradients("trapezoid", 2, None, 2),
    "guided_gradcam": GuidedGradCam(),
    "gradient_x_input": GradientTimesInput(),
}
TRAINING = "training"


def cases() -> list[tuple[str, tuple[int, ...], int, str]]:
    """Network, grid, scans that go through it together, and what it does."""
    coarse = [("bench", CPU_GRID, scans, TRAINING) for scans in (1, 4)]
    coarse += [("bench", CPU_GRID, scans, method) for method in METHODS for scans in (1, 2)]
    return coarse + [("A24", GPU_GRID, 1, what) for what in (TRAINING, *METHODS)]


def count_copies(model: str, grid: tuple[int, ...], scans: int, what: str, device: str) -> tuple[float, float]:
    """GB over the start, and how many copies of the first block's output that is."""
    NETWORKS["bench"] = BENCH
    target = torch.device(device)
    network = build_network(model, grid, 0)
    x = torch.rand(scans, 1, *grid, generator=torch.Generator().manual_seed(0)).to(target)
    before = memory_now(device)
    if what == TRAINING:
        network.to(target, memory_format=memory_format(network))
        nn.functional.cross_entropy(network(x), torch.ones(scans, dtype=torch.long, device=target)).backward()
    else:
        coefficients = torch.tensor([[0.0, 1.0]], device=target).expand(scans, 2)
        METHODS[what].explain(to_explain(network.eval(), target), x, coefficients)
    used = (memory_peak(device) - before) * 2**20
    return used / 1e9, used / (4 * find_architecture(model).channels[0] * np.prod(grid) * scans)


def main(device: str) -> None:
    print(f"{device}\nnetwork\tscans together\twhat\tGB\tcopies of the first block's output")
    context = multiprocessing.get_context("spawn")
    for case in cases():
        with ProcessPoolExecutor(1, context, initializer=open_device, initargs=(device, 1, 2)) as alone:
            used, copies = alone.submit(count_copies, *case, device).result()
        print(f"{case[0]} at {'x'.join(map(str, case[1]))}\t{case[2]}\t{case[3]}\t{used:.2f}\t{copies:.1f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    main(**vars(parser.parse_args()))
