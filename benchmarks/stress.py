"""Raw simulated heads of every protocol through brain extraction and registration, with brain and pose known.

    python -m benchmarks.stress --scans 200 --seed 31 --processes 2

A row per head: how its brain was found, Dice of the mask with the true brain, median distance between where the
registration puts the template's voxels and where they are, similarity, and whether it passes the demo's gates. The last
lines count. The seed is used for nothing else.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial

import numpy as np
import pandas as pd
from nibabel.affines import apply_affine

WRONG_MM, WRONG_DICE = 10.0, 0.9  # a head registered farther off, or with a worse mask, must not pass


def stress(n_scans: int, seed: int, n_processes: int) -> pd.DataFrame:
    """The table of `n_scans` simulated heads of the demo, in the order of their numbers."""
    from relmaps.preprocess.template import write_template

    with tempfile.TemporaryDirectory() as template:
        write_template(4, "template", template)
        work = partial(_one, n_scans=n_scans, seed=seed, template=template)
        rows = []
        with ProcessPoolExecutor(n_processes) as processes:
            for row in processes.map(work, range(n_scans)):
                rows.append(row)
                print(f"{len(rows)} of {n_scans}", end="\r", file=sys.stderr)
    return pd.DataFrame(rows)


def _one(number: int, n_scans: int, seed: int, template: str) -> dict:
    import nibabel as nib

    from relmaps.io.errors import ScanError
    from relmaps.io.files import scratch_folder
    from relmaps.preprocess import ants_steps as steps
    from relmaps.preprocess import recipe, registration
    from relmaps.preprocess.integrity import read_raw
    from relmaps.preprocess.quality import dice
    from relmaps.preprocess.subjects import find_bad_scans
    from relmaps.simulation.simulate import examine, simulate_brain_mask, simulate_scan

    phantom, effects, people, settings, images, gates = _shared(n_scans, seed, template)
    given = (number, people.iloc[number], phantom, effects, settings)
    placement = examine(*given).placement
    row = {"number": number, "stored": placement.stored, "slices_mm": round(float(placement.sides.max()), 2)}
    kept = []

    def register(*arguments):
        """Keep what the registration leaves in its scratch folder, while that exists."""
        found = registration.register(*arguments)
        there, _ = steps.displacements(found.fixed["T1w"], found.moving, found.transforms, arguments[3])
        kept.append((found, there))
        return found

    recipe.register = register
    with scratch_folder() as scratch:
        path = f"{scratch}/head.nii"
        nib.save(simulate_scan(*given), path)
        raw = read_raw(path)
        truth = nib.as_closest_canonical(simulate_brain_mask(*given)).get_fdata() > 0
        try:
            result = recipe.register_and_segment(
                raw, images, registration.Settings(4, "SyN", 4, (40, 20, 6), ""), scratch
            )
        except ScanError as error:
            return row | {"passes": False, "reason": str(error)}
    ((found, there),) = kept
    mask = registration.resampled_mask(found.brain.numpy() > 0.5, found.native.affine, raw)
    brain = found.fixed["brain_mask"].numpy() > 0.5
    fixed_affine = found.box.cut_image(images["T1w"]).affine
    places = apply_affine(fixed_affine, np.argwhere(brain))
    in_head = apply_affine(placement.pose, places + there[:, brain].T)
    measures = result.measures | {"scan_id": "scan", "status": "ok", "content": None, "reason": None}
    reason = find_bad_scans(pd.DataFrame([measures]), gates).get("scan")
    return row | {
        "method": measures["method"],
        "dice": round(dice(mask, truth), 4),
        "off_mm": round(float(np.median(np.linalg.norm(in_head - places, axis=1))), 2),
        **{name: measures[name] for name in ("similarity", "brain_agreement", "cut_share", "tiv_ml", "wm_cv")},
        "passes": reason is None,
        "reason": reason or measures["method_reason"],
    }


@cache
def _shared(n_scans: int, seed: int, template: str):
    """What all heads of a process share: phantom, effects, people, settings, template and gates."""
    from relmaps.cohort.participants import sample_participants
    from relmaps.preprocess.template import load_template
    from relmaps.simulation.disease import build_effects
    from relmaps.simulation.phantom import build_phantom
    from relmaps.simulation.regions import compute_losses
    from relmaps.simulation.simulate import ScanSettings
    from relmaps.study.config import read_config

    config = read_config()
    simulation = config["simulation"]
    phantom = build_phantom(neck=True)
    regions = {"source": "ellipsoids", "ellipsoids": simulation["regions"]}
    names = ("anatomy_mm", "ageing", "voxel_mm", "noise", "bias_field", "protocol", "coil_shading", "ringing")
    return (
        phantom,
        build_effects(phantom.field, compute_losses(regions, phantom.field.grid)),
        sample_participants(n_scans, simulation["severity"], simulation["severity_spread"], seed),
        ScanSettings(**{name: simulation[name] for name in names}, seed=seed),
        load_template(template, "template"),
        config["preprocess"]["exclude_on"],
    )


def wrong(table: pd.DataFrame) -> pd.Series:
    """Heads whose registration or mask is wrong, or that have none."""
    return ~((table["off_mm"] < WRONG_MM) & (table["dice"] > WRONG_DICE))


def main(n_scans: int, seed: int, n_processes: int) -> None:
    table = stress(n_scans, seed, n_processes)
    print(table.to_csv(sep="\t", index=False, na_rep="n/a"), end="")
    print(f"pass\t{table['passes'].sum()} of {n_scans}")
    print(f"wrong\t{wrong(table).sum()}, of which pass {(wrong(table) & table['passes']).sum()}")
    for name in ("dice", "off_mm", "similarity", "brain_agreement", "tiv_ml"):
        print(name, *(f"{value:.4g}" for value in table[name].quantile([0, 0.05, 0.5, 0.95, 1])), sep="\t")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scans", type=int, default=200)
    parser.add_argument("--seed", type=int, default=31)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    main(arguments.scans, arguments.seed, arguments.processes)
