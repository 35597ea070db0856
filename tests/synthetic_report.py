"""The report of a results folder that no stage has made."""

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from relmaps.io.files import write_json
from relmaps.io.tables import read_table
from relmaps.study.config import load_config, read_config
from relmaps.study.provenance import make_provenance
from tests.synthetic_results import MAPS, SyntheticStudy
from workflow.scripts import write_report


def write_synthetic_report(study: SyntheticStudy, figures: Iterable[str], path: Path) -> None:
    """By the script itself, with one grey picture for all figures. study : whose files are written."""
    picture, provenance = study.path("picture.png"), study.path("provenance.json")
    config = load_config(read_config())
    write_json(make_provenance(config, read_table(study.path("cohort/scans.tsv")), {}, ""), provenance)
    Image.new("RGB", (1600, 500), "lightgrey").save(picture)
    write_report.main(
        pictures=dict.fromkeys(figures, picture),
        rows=dict.fromkeys(MAPS, picture),
        published=study.published(),
        maps=dict(zip(MAPS, study.map_paths(), strict=True)),
        sidecars=study.sidecars(),
        masks=dict(zip(study.references, study.reference_paths("mask.nii.gz"), strict=True)),
        references=study.references_sidecars(),
        template=study.path(f"preprocess/template/{study.grid.space}_T1w.nii.gz"),
        brain_mask=study.path(f"preprocess/template/{study.grid.space}_brain_mask.nii.gz"),
        space=study.grid.space,
        notes=study.path("cohort/notes.tsv"),
        provenance=provenance,
        report=path,
    )
