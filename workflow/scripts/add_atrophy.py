"""Add synthetic atrophy to each scan of a batch; a scan that an interrupted job has finished is kept."""

from pathlib import Path

import numpy as np

from relmaps.cohort.cohort import Scan
from relmaps.cohort.prepared import read_failures, write_prepared
from relmaps.io.errors import ScanError
from relmaps.io.files import fingerprint, hash_file, read_json, write_json
from relmaps.io.images import save
from relmaps.io.jobs import job, log, progress
from relmaps.io.tables import read_table
from relmaps.preprocess.integrity import hash_of_raw, read_raw
from relmaps.preprocess.scan import VERSIONS
from relmaps.preprocess.template import hash_template, load_template
from relmaps.preprocess.work import work_on
from relmaps.simulation.atrophy import add_atrophy
from relmaps.simulation.disease import disease_field
from relmaps.simulation.phantom import field_tissues
from relmaps.simulation.regions import compute_losses
from relmaps.space.template import select_source


def main(*, scans, earlier, severity, template, images, prepared, space, disease, seed, code):
    drawn = read_table(severity).set_index("participant_id")
    places = {name: number for number, name in enumerate(drawn.index)}
    reasons = read_failures(earlier)
    atlas = load_template(template, space)
    tissues = field_tissues(select_source(images))
    left, right = (disease_field(tissues, loss) for loss in compute_losses(disease["regions"], tissues.grid))
    # All that every scan's result hangs on; what else it does is its own file, its person and their place in the draw.
    shared = [hash_template(atlas), _hash_of_regions(disease["regions"]), disease, images, seed, VERSIONS, code]
    rows = []
    for fields, target in progress(scans, "scan"):
        scan = Scan(*fields)
        person = drawn.loc[scan.participant_id]
        velocity = person["severity_left"] * left + person["severity_right"] * right
        seeds = [seed, 4, places[scan.participant_id]]
        reason = reasons.get(scan.scan_id)
        try:
            if reason is None:
                made_from = fingerprint(hash_of_raw(scan.path), person.to_dict(), places[scan.participant_id], shared)
                _add_once(scan, Path(target), made_from, atlas, tissues, velocity, seeds)
        except ScanError as error:
            reason = str(error)
            log.warning("%s: %s", scan.scan_id, reason)
        rows.append({"scan_id": scan.scan_id, "path": None if reason else target, "reason": reason})
    write_prepared(rows, prepared)


def _hash_of_regions(regions):
    return hash_file(regions["path"]) if regions["source"] != "ellipsoids" else None


def _add_once(scan, target, made_from, atlas, tissues, velocity, seeds):
    sidecar = target.with_name(target.name.replace(".nii.gz", ".json"))
    if target.exists() and sidecar.exists() and read_json(sidecar)["RelmapsMadeFrom"] == made_from:
        return
    sidecar.unlink(missing_ok=True)  # it says that the scan is whole
    raw = read_raw(scan.path)

    def add(scratch):
        return add_atrophy(raw, atlas, tissues, velocity, np.random.default_rng(seeds), scratch)

    save(work_on(scan.path, add), target)
    write_json({"Modality": "MR", "RelmapsMadeFrom": made_from}, sidecar)


if __name__ == "__main__":
    with job(snakemake):
        main(
            scans=snakemake.params.scans,
            earlier=snakemake.input.prepared,
            severity=snakemake.input.severity,
            template=Path(snakemake.input.template[0]).parent,
            images=snakemake.params.images,
            prepared=snakemake.output.prepared,
            space=snakemake.params.space,
            disease=snakemake.params.disease,
            seed=snakemake.params.seed,
            code=snakemake.params.code,
        )
