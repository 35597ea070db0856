"""Simulate raw T1 scans; a scan that an interrupted job has finished is not made again."""

from pathlib import Path

import pandas as pd

from relmaps.io.files import fingerprint, read_json, write_json
from relmaps.io.images import save
from relmaps.io.jobs import job, progress
from relmaps.io.tables import read_table, write_table
from relmaps.simulation.disease import build_effects
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.protocols import BOX
from relmaps.simulation.regions import compute_losses
from relmaps.simulation.simulate import ScanSettings, simulate_scan


def main(*, severity, done, scans, regions, settings, code):
    people = read_table(severity).set_index("participant_id")
    scanner = ScanSettings(**settings)
    phantom = build_phantom(neck=scanner.protocol != BOX)
    effects = build_effects(phantom.field, compute_losses(regions, phantom.field.grid))
    rows = []
    for participant_id, (number, path) in progress(scans.items(), "scan"):
        person, path = people.loc[participant_id], Path(path)
        made_from = fingerprint(person.to_dict(), number, regions, settings, code)
        sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
        if not (path.exists() and sidecar.exists() and read_json(sidecar)["RelmapsMadeFrom"] == made_from):
            sidecar.unlink(missing_ok=True)  # it says that the scan is whole
            save(simulate_scan(number, person, phantom, effects, scanner), path)
            write_json({"Modality": "MR", "MagneticFieldStrength": 3, "RelmapsMadeFrom": made_from}, sidecar)
        rows.append({"participant_id": participant_id, "path": str(path)})
    write_table(pd.DataFrame(rows), done)


if __name__ == "__main__":
    with job(snakemake):
        main(
            severity=snakemake.input.severity,
            done=snakemake.output.done,
            scans=snakemake.params.scans,
            regions=snakemake.params.disease["regions"],
            settings=snakemake.params.settings,
            code=snakemake.params.code,
        )
