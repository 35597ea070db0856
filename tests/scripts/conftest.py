"""A small simulated dataset on an 8 mm grid, made once by the scripts themselves and read by their tests."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from relmaps.preprocess.template import template_paths
from relmaps.study.config import read_config
from tests.diseases import in_ellipsoids
from tests.studies import made_once
from workflow.scripts import make_template, simulate_participants, simulate_scans

SPACE = "MNI152NLin2009aSym"


def pytest_collection_modifyitems(items):
    """The dataset takes seconds to simulate, in each process."""
    for item in items:
        if "simulated" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


@dataclass
class Dataset:
    folder: Path
    simulation: dict
    space: str = SPACE

    @property
    def regions(self) -> dict:
        """Settings of the disease's regions."""
        return in_ellipsoids(self.simulation["regions"])

    def template(self, name: str) -> Path:
        return template_paths(self.folder / "template", SPACE)[name]

    def simulate(self, numbers=(1, 2, 3, 4), bids="bids", **added) -> None:
        """Heads without a neck, unless `added` settings of the scanner say otherwise."""
        scans = {
            f"sub-{number:03d}": (
                number,
                str(self.folder / f"{bids}/sub-{number:03d}/anat/sub-{number:03d}_T1w.nii.gz"),
            )
            for number in numbers
        }
        settings = {key: self.simulation[key] for key in ("anatomy_mm", "ageing", "noise", "bias_field")} | added
        simulate_scans.main(
            severity=self.folder / "severity.tsv",
            done=self.folder / f"{bids}-done.tsv",
            scans=scans,
            regions=self.regions,
            settings=settings | {"voxel_mm": 8, "seed": 1},
            code="as it is",
        )


def make(folder: Path) -> dict:
    """Fill an empty folder; arguments of a Dataset."""
    simulation = read_config()["simulation"]
    template = {"voxel_mm": 8, "box": "template", "images": None}
    make_template.main(folder=folder / "template", space=SPACE, template=template)
    simulate_participants.main(
        participants=folder / "bids/participants.tsv",
        description=folder / "bids/dataset_description.json",
        severity=folder / "severity.tsv",
        n_scans=4,
        median_severity=2.0,
        severity_spread=0.4,
        seed=1,
    )
    Dataset(folder, simulation).simulate()
    return {"simulation": simulation}


@pytest.fixture(scope="session")
def simulated(shared_folder) -> Dataset:
    """The dataset that all tests share; one that writes takes a copy."""
    return Dataset(shared_folder / "dataset", **made_once(shared_folder, "dataset", make))
