import numpy as np
import pytest

from relmaps.catalogue.references import REFERENCE_SOURCES
from relmaps.io.errors import UserError
from relmaps.reference.sources import build_reference
from relmaps.study.config import read_schema

REFERENCE = {
    "path": "x/foci.txt",
    "threshold": 2.0,
    "polarity": 1,
    "affine": None,
    "correction": "fdr",
    "alpha": 0.05,
    "cluster_forming_p": 0.001,
    "iterations": 20,
    "minimum_cluster_voxels": 0,
    "neuroquery": {"sample_size_sweep": [10], "allow_list": None},
}
ALE = {"correction", "alpha", "cluster_forming_p", "iterations", "minimum_cluster_voxels"}


@pytest.mark.parametrize(
    ("source", "keys", "evidence"),
    [
        ("simulated", ALE, "results/x/cohort/literature.txt"),
        ("sleuth", ALE, "x/foci.txt"),
        ("nifti", {"threshold", "polarity", "affine"}, "x/foci.txt"),
        ("neuroquery", ALE | {"sample_size_sweep"}, "results/x/reference/text_mined/foci.txt"),
    ],
)
def test_a_source_gets_its_own_settings_and_its_file(source, keys, evidence):
    record, reference = REFERENCE_SOURCES[source], REFERENCE | {"source": source}
    assert set(record.settings(reference)) == keys | {"source"}
    assert record.evidence("text_mined", reference, "results/x") == evidence


@pytest.mark.parametrize("source", REFERENCE_SOURCES)
def test_every_source_has_a_builder_that_names_a_missing_file(source, tmp_path, grid, brain):
    settings = REFERENCE_SOURCES[source].settings(REFERENCE | {"source": source}) | {"seed": 0, "cores": 1}
    with pytest.raises(UserError, match=r"no\.file: "):
        build_reference(tmp_path / "no.file", settings, grid, np.asarray(brain))


def test_the_configuration_offers_every_source_with_what_it_reads():
    choices = read_schema()["$defs"]["reference_source"]
    assert choices["enum"] == list(REFERENCE_SOURCES)
    assert "; nifti is the map in `path`; " in choices["description"]


def test_a_file_of_foci_is_looked_at_and_its_remarks_reach_the_note(tmp_path, monkeypatch, grid, brain):
    given = {}
    monkeypatch.setattr("relmaps.reference.sources.foci.ale_reference", lambda *_, **named: given.update(named))
    settings = REFERENCE_SOURCES["sleuth"].settings(REFERENCE | {"source": "sleuth"}) | {"seed": 0, "cores": 1}
    path = tmp_path / "foci.txt"
    path.write_text("//Reference=Talairach (Brett)\n// a\n//Subjects=9\n1 2 3\n// a\n//Subjects=9\n-4 5 6\n")
    build_reference(path, settings, grid, np.asarray(brain))
    assert [remark.split(";")[0] for remark in given["remarks"]] == [
        "The foci were brought to Talairach space by Brett's formula, and back by Lancaster's: off by some mm.",
        "2 experiments share a name with another one, such as 'a'",
    ]
    path.write_text("//Reference=MNI\n// a\n//Subjects=9\n" + "".join(f"{40 + n} 55 27\n" for n in range(20)))
    with pytest.raises(UserError, match=r"foci\.txt: none of 20 foci has a negative coordinate"):
        build_reference(path, settings, grid, np.asarray(brain))
