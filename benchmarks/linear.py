"""Seconds and memory of all linear models of a study from one Gram matrix, against scikit-learn on the images.

    python -m benchmarks.linear [--subjects 500] [--voxels 1900000]

Ours, on two threads: the Gram matrix of a memory-mapped array; five folds, each with five values of C in an inner
cross-validation and refitted with the best; the weights and Haufe patterns of all folds. scikit-learn: one SVC on the
images of one training part, which it holds twice, and in float64; timed once and multiplied by the number of fits.
Images are noise plus a group effect, in a temporary folder (3.8 GB at full size). Each part runs in a process of its
own, so that its peak memory is its own.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

FOLDS, GRID, THREADS = 5, [0.01, 0.1, 1.0, 10.0, 100.0], 2


def make_labels(subjects: int) -> np.ndarray:
    return np.arange(subjects) % 2


def make_parts(subjects: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(train, test) rows of each fold."""
    from sklearn.model_selection import StratifiedKFold

    labels = make_labels(subjects)
    return list(StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels))


def write_images(path: Path, subjects: int, voxels: int) -> None:
    """(subjects, voxels) float32: anatomy that all share, noise, and less in a tenth of the voxels in disease."""
    rng = np.random.default_rng(0)
    anatomy = 1 + np.sin(np.linspace(0, 40, voxels, dtype=np.float32))
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=(subjects, voxels))
    for row, label in enumerate(make_labels(subjects)):
        images[row] = anatomy + rng.standard_normal(voxels, dtype=np.float32)
        images[row, : voxels // 10] -= np.float32(0.02 * label)
    images.flush()


def peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def ours(path: Path) -> dict:
    """Seconds by step, peak memory, and what the other side is compared on: the first fold with C = 1."""
    from threadpoolctl import threadpool_limits

    from relmaps.classify.gram import gram_matrix, voxel_blocks
    from relmaps.classify.linear import centred_kernel, fit_linear, haufe_coefficients
    from relmaps.classify.penalty import choose_c

    images = np.load(path, mmap_mode="r")
    labels, seconds = make_labels(len(images)), {}

    def lap(step: str) -> None:
        seconds[step] = time.perf_counter() - start - sum(seconds.values())

    with threadpool_limits(THREADS):
        start = time.perf_counter()
        gram = gram_matrix(images)
        lap("Gram matrix")
        weights, patterns = np.zeros((2, FOLDS, len(images)), dtype=np.float32)
        for fold, (train, _) in enumerate(make_parts(len(images))):
            chosen = choose_c("svm", gram, labels, train, GRID, seed=0)
            kernel, scale = centred_kernel(gram, train)
            kernel = kernel[np.ix_(train, train)]
            dual, _ = fit_linear("svm", kernel, labels[train], chosen.c)
            weights[fold, train], patterns[fold, train] = dual / scale, haufe_coefficients(kernel @ dual)
        lap("fits")
        for step, coefficients in (("weights", weights), ("patterns", patterns)):
            maps = np.empty((FOLDS, images.shape[1]), dtype=np.float32)
            for voxels, block in voxel_blocks(images):
                maps[:, voxels] = coefficients @ block
            lap(step)
    train, test = make_parts(len(images))[0]
    kernel, scale = centred_kernel(gram, train)
    dual, intercept = fit_linear("svm", kernel[np.ix_(train, train)], labels[train], 1.0)
    scores = kernel[np.ix_(test, train)] @ dual + intercept
    return {"seconds": seconds, "peak_gb": peak_gb(), "scale": scale, "scores": scores}


def scikit_learn(path: Path, c: float) -> dict:
    """Seconds of one fit on the images of the first fold's training part, peak memory, scores of its test part."""
    from sklearn.svm import SVC
    from threadpoolctl import threadpool_limits

    images = np.load(path, mmap_mode="r")
    labels, (train, test) = make_labels(len(images)), make_parts(len(images))[0]
    with threadpool_limits(THREADS):
        start = time.perf_counter()
        machine = SVC(kernel="linear", C=c).fit(images[train], labels[train])
        seconds = time.perf_counter() - start
        scores = machine.decision_function(images[test])
    return {"seconds": seconds, "peak_gb": peak_gb(), "scores": scores}


def apart(function, *arguments):
    """Call in a new process, which does not inherit this one's memory."""
    with ProcessPoolExecutor(max_workers=1, mp_context=multiprocessing.get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def main(subjects: int, voxels: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "images.npy"
        apart(write_images, path, subjects, voxels)
        mine = apart(ours, path)
        other = apart(scikit_learn, path, 1 / mine["scale"])  # C per unit of the raw features
    total, fits = sum(mine["seconds"].values()), FOLDS * len(GRID)
    print(f"{subjects} subjects, {voxels} voxels, {FOLDS} folds, {len(GRID)} values of C, {THREADS} threads")
    for step, seconds in mine["seconds"].items():
        print(f"  {step:12} {seconds:8.2f} s")
    print(f"from the Gram matrix, all of it: {total:.1f} s, peak {mine['peak_gb']:.2f} GB")
    print(
        f"scikit-learn on the images: {other['seconds']:.1f} s a fit, peak {other['peak_gb']:.2f} GB; "
        f"{fits} fits (extrapolated from that one, without the inner folds): {fits * other['seconds']:.0f} s"
    )
    print(f"ratio: {fits * other['seconds'] / total:.1f}")
    difference = np.abs(mine["scores"] - other["scores"]).max() / other["scores"].std()
    print(f"largest difference of the decision values of that fit: {difference:.1e} of their standard deviation")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, default=500)
    parser.add_argument("--voxels", type=int, default=1_900_000)
    main(**vars(parser.parse_args()))
