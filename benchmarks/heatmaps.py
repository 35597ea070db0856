"""Speed of heatmaps: python -m benchmarks.heatmaps [--device cuda] [--kinds z-scored]

Integrated gradients against a literal loop of 101 passes with one scan each, weight gradients on and every gradient
copied to the host, and against captum's; Guided Grad-CAM against captum's. A network that was trained on scans with and
without a darker patch explains scans it has not seen: in random networks, gradients jump so much along the path that
101 passes leave errors of several per cent. Scans are scaled to 0..1, or z-scored by the training part. Seconds a scan,
medians of three runs over all scans; the completeness error, |sum of the map - what it should be| / |what it should
be|; and the map error, |map - map of 1,024 steps| / |map of 1,024 steps| by the Euclidean norm, medians over scans.
"""

import argparse
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
from captum.attr import GuidedGradCam as CaptumGuidedGradCam
from captum.attr import IntegratedGradients as CaptumIntegratedGradients
from torch import Tensor, nn

from benchmarks.training import BENCH, CPU_GRID, GPU_GRID
from relmaps.catalogue.networks import NETWORKS
from relmaps.classify.device import open_device
from relmaps.classify.networks import Network, build_network
from relmaps.classify.scaling import UNSCALED, fit_scaling
from relmaps.relevance.explain import images_at_once, to_explain
from relmaps.relevance.methods.guided_gradcam import GuidedGradCam
from relmaps.relevance.methods.integrated_gradients import IntegratedGradients
from relmaps.relevance.methods.method import Method

TRAINED, EPOCHS, BATCH, REPEATS, PASSES, TOLERANCE = 16, 12, 4, 3, 101, 0.01
STEPS, CONVERGED = 128, 1024


def scans(n: int, grid: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(n, nx, ny, nz) smooth scans in 0..1, half of each background, and labels; every second has a darker patch."""
    rng, labels = np.random.default_rng(0), np.arange(n) % 2
    images = np.empty((n, *grid), np.float32)
    for image, label in zip(images, labels, strict=True):
        coarse = rng.random([size // 8 + 2 for size in grid], dtype=np.float32)
        fine = np.kron(coarse, np.ones((8, 8, 8), np.float32))[tuple(slice(size) for size in grid)]
        image[:] = np.where(fine > 0.4, fine + 0.05 * rng.random(grid, dtype=np.float32), 0)
        patch = tuple(slice(size // 3, size // 2) for size in grid)
        image[patch] *= 0.6 if label else 1
        image /= image.max()
    return images, labels


def trained(model: str, grid: tuple[int, ...], x: Tensor, labels: Tensor) -> Network:
    network = build_network(model, grid, 0).to(x.device)
    optimiser, order = torch.optim.AdamW(network.parameters(), 1e-3), torch.Generator().manual_seed(0)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(x), generator=order).split(BATCH):
            optimiser.zero_grad()
            nn.functional.cross_entropy(network(x[rows]), labels[rows]).backward()
            optimiser.step()
    return network.eval()


def literal_loop(network: nn.Module, scan: Tensor, label: int) -> np.ndarray:
    """Integrated gradients of one scan (1, 1, nx, ny, nz) as they are written first: the trapezoidal rule."""
    total = np.zeros(scan.shape, np.float32)
    for k in range(PASSES):
        point = (k / (PASSES - 1) * scan).requires_grad_()
        network.zero_grad()
        network(point)[0, label].backward()
        total += (0.5 if k in (0, PASSES - 1) else 1) * point.grad.cpu().numpy()
    return (scan.cpu().numpy() * total / (PASSES - 1))[0, 0]


def captum_loop(network: nn.Module, scan: Tensor, label: int) -> np.ndarray:
    """With its own choice of places, Gauss-Legendre: its trapezoidal rule gives n points the weight of n - 1."""
    maps = CaptumIntegratedGradients(network).attribute(scan, target=label, n_steps=PASSES, internal_batch_size=1)
    return maps[0, 0].detach().cpu().numpy()


def captum_guided(network: nn.Module, scan: Tensor, label: int) -> np.ndarray:
    last = [layer for layer in network.layers if isinstance(layer, nn.Conv3d)][-1]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        maps = CaptumGuidedGradCam(network, last).attribute(
            scan.clone().requires_grad_(), target=label, interpolate_mode="trilinear"
        )
    return maps[0, 0].detach().cpu().numpy()


def ours(method: Method) -> Callable:
    def explain(network: nn.Module, scan: Tensor, label: int) -> np.ndarray:
        return method.explain(network, scan, torch.eye(2, device=scan.device)[[label]])[0].cpu().numpy()

    return explain


def timed(explain: Callable, network: nn.Module, x: Tensor, labels: np.ndarray, repeats: int = REPEATS) -> tuple:
    """Maps and the seconds a scan of each run."""
    runs = []
    for _ in range(repeats):
        start = time.perf_counter()
        maps = [explain(network, x[n : n + 1], int(label)) for n, label in enumerate(labels)]
        runs.append((time.perf_counter() - start) / len(x))
    return np.stack(maps), runs


def errors(network: nn.Module, x: Tensor, labels: np.ndarray, maps: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        rise = (network(x) - network(torch.zeros_like(x[:1]))).double().cpu().numpy()
    expected = rise[np.arange(len(x)), labels]
    return np.abs(maps.sum(axis=(1, 2, 3), dtype=np.float64) - expected) / np.abs(expected)


def distance(maps: np.ndarray, converged: np.ndarray) -> float:
    """Median over scans."""
    norms = np.linalg.norm((maps - converged).reshape(len(maps), -1), axis=1)
    return float(np.median(norms / np.linalg.norm(converged.reshape(len(maps), -1), axis=1)))


def line(name: str, runs: list[float], base: list[float], what: str) -> None:
    ratio = statistics.median(base) / statistics.median(runs)
    print(
        f"{name}\t{statistics.median(runs):.2f}\t{ratio:.1f}\t{what}\t{' '.join(f'{run:.2f}' for run in runs)}",
        flush=True,
    )


def main(device: str, threads: int, n: int, kinds: list[str]) -> None:
    torch.set_num_threads(threads)
    target = torch.device(device)
    NETWORKS["bench"] = BENCH
    model, grid = ("bench", CPU_GRID) if device == "cpu" else ("A24", GPU_GRID)
    images, labels = scans(TRAINED + n, grid)
    sides = {}
    for kind in kinds:
        scaling = UNSCALED if kind == "min-max" else fit_scaling(images, np.arange(TRAINED))
        x = torch.from_numpy(scaling.apply(images)[:, None]).to(target)
        network = trained(model, grid, x[:TRAINED], torch.from_numpy(labels[:TRAINED]).to(target))
        held_out = x[TRAINED:].clone(), labels[TRAINED:]
        # These run before the process is told to keep freed memory, which open_device does for ours.
        others = {explain: timed(explain, network, *held_out) for explain in (literal_loop, captum_loop, captum_guided)}
        sides[kind] = network, *held_out, others
    open_device(device, {"gpu": 1}, threads)
    print(f"{model} at {'x'.join(map(str, grid))} on {device}, {threads} threads, {n} scans", flush=True)
    print("map\tseconds a scan\tratio\tcompleteness error: median, largest; map error\tall runs, s")
    for kind, (network, x, of_scans, others) in sides.items():
        network = to_explain(network, target)
        at_once = images_at_once(network, int(np.prod(grid)), target)
        literal, base = others[literal_loop]
        methods = {
            "tolerance 1 %": IntegratedGradients("trapezoid", 8, TOLERANCE, 512, at_once),
            f"{STEPS} steps": IntegratedGradients("trapezoid", STEPS, None, STEPS, at_once),
        }
        results = {"literal loop": (literal, base), "captum": others[captum_loop]}
        results |= {f"ours, {name}": timed(ours(method), network, x, of_scans) for name, method in methods.items()}
        longest = IntegratedGradients("trapezoid", CONVERGED, None, CONVERGED, at_once)
        converged, _ = timed(ours(longest), network, x, of_scans, repeats=1)
        for name, (maps, runs) in results.items():
            error = errors(network, x, of_scans, maps)
            what = f"{np.median(error):.2%} {error.max():.2%}; {distance(maps, converged):.4f}"
            line(f"{kind}: {name}", runs, base, what)
        oracle, base = others[captum_guided]
        maps, runs = timed(ours(GuidedGradCam()), network, x, of_scans)
        line(f"{kind}: captum's Guided Grad-CAM", base, base, "")
        line(
            f"{kind}: ours", runs, base, f"largest difference {np.abs(maps - oracle).max() / np.abs(oracle).max():.0e}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--scans", type=int, default=4, dest="n")
    parser.add_argument("--kinds", nargs="+", default=["min-max", "z-scored"], choices=["min-max", "z-scored"])
    main(**vars(parser.parse_args()))
