"""CPU seconds and memory of each step of preprocessing, and what quality control says, on the scans of a BIDS folder.

    python -m benchmarks.preprocessing /data/bids --presets paper fast

Each scan runs in a process of its own, one after the other, so that its memory is its own. The last lines project the
CPU hours of a study of 502 scans, the size of Wang et al. 2023.
"""

import argparse
import resource
import statistics
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import yaml

from relmaps import ROOT

MEASURES = ("similarity", "brain_dice", "gm_dice", "tiv_ml", "wm_cv_raw", "wm_cv", "noise", "cpu_seconds")
STUDY_SIZE = 502


def measure(path: str, preset: str, template: str) -> tuple[dict, dict, float, float]:
    """Measures, CPU seconds by step, conserved share of grey matter volume and peak memory (GB) of one scan."""
    from relmaps.io.files import scratch_folder
    from relmaps.preprocess.integrity import read_raw
    from relmaps.preprocess.recipe import register_and_segment
    from relmaps.preprocess.registration import Settings
    from relmaps.preprocess.template import load_template

    settings = presets()[preset]
    scan = Settings(
        input_voxel_mm=settings["input_voxel_mm"],
        registration="SyN",
        registration_voxel_mm=settings["registration_voxel_mm"],
        iterations=tuple(settings["iterations"]),
        code="",
    )
    with scratch_folder() as scratch:
        result = register_and_segment(read_raw(path), load_template(template, "template"), scan, scratch)
    modulated_ml = float(result.images["gm_modulated"].sum()) * settings["template"]["voxel_mm"] ** 3 / 1000
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return result.measures, result.seconds, modulated_ml / result.measures["gm_ml"], peak_gb


def presets() -> dict:
    return yaml.safe_load((ROOT / "config/defaults/presets.yaml").read_text(encoding="utf-8"))


def report(folder: str, preset: str) -> None:
    """Print the table of one preset."""
    from relmaps.preprocess.template import write_template

    paths = sorted(str(path) for path in Path(folder).glob("sub-*/**/anat/*_T1w.nii.gz"))
    if not paths:
        sys.exit(f"{folder}: no sub-*/anat/*_T1w.nii.gz; give a BIDS folder")
    print(f"\npreset {preset}")
    print("scan", *MEASURES, "GM conserved", "peak GB", sep="\t", flush=True)
    steps: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as template:
        grid = presets()[preset]["template"]
        write_template(grid["voxel_mm"], "template", template, grid["box"])
        for path in paths:
            with ProcessPoolExecutor(max_workers=1) as process:  # a new one each, for its peak memory
                measures, seconds, conserved, peak_gb = process.submit(measure, path, preset, template).result()
            for name, value in seconds.items():
                steps.setdefault(name, []).append(value)
            values = [f"{measures[name]:.4g}" for name in MEASURES]
            print(Path(path).name.split("_")[0], *values, f"{conserved:.4f}", f"{peak_gb:.2f}", sep="\t", flush=True)
    print("step\tCPU s, median\tleast\tmost")
    for name, values in steps.items():
        print(name, *(f"{f(values):.1f}" for f in (statistics.median, min, max)), sep="\t")
    totals = [sum(values) for values in zip(*steps.values(), strict=True)]
    print("all", *(f"{f(totals):.1f}" for f in (statistics.median, min, max)), sep="\t")
    print(f"{STUDY_SIZE} scans like these: {STUDY_SIZE * statistics.mean(totals) / 3600:.1f} CPU hours")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--presets", nargs="+", choices=list(presets()), default=["paper", "fast"])
    arguments = parser.parse_args()
    for name in arguments.presets:
        report(arguments.folder, name)
