"""The same settings give the same bytes: on one core and on two, and after kill -9 in every stage."""

import os

import pytest

from tests.studies import SMOKE, contents, finish, kill_when
from tests.workflow.conftest import MAPS

pytestmark = [pytest.mark.long, pytest.mark.fault]

STAGES = ("cohort", "preprocess", "reference", "classify", "relevance", "overlap", "figures")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a run on one core makes, by path."""
    folder = tmp_path_factory.mktemp("study")
    finish(folder, *SMOKE, cores=1)
    found = contents(folder / "results/smoke")
    assert sum(path.endswith(".tsv") for path in found) > 50
    assert sum(path.endswith("group.nii.gz") for path in found) == len(MAPS)
    return found


def differing(found, expected):
    return sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))


def has_results(folder):
    """Whether a job of the stage has ended: there is a file under its final name that is no log."""
    return any(
        not name.startswith(".")
        for inner, _, names in os.walk(folder)
        for name in names
        if not {"logs", "benchmarks"} & set(inner.split(os.sep))
    )


def test_two_cores_give_the_same_tables_and_maps_as_one(uninterrupted, tmp_path):
    finish(tmp_path, *SMOKE)
    assert differing(contents(tmp_path / "results/smoke"), uninterrupted) == []


def test_a_study_killed_in_every_stage_and_resumed_ends_with_the_same_tables_and_maps(uninterrupted, tmp_path):
    results = tmp_path / "results/smoke"
    waiting = list(STAGES)

    def another_stage_is_reached():
        return any(has_results(results / stage) for stage in waiting)

    while waiting:
        kill_when(another_stage_is_reached, tmp_path, *SMOKE)
        waiting = [stage for stage in waiting if not has_results(results / stage)]
        finish(tmp_path, *SMOKE, "--unlock")
    finish(tmp_path, *SMOKE)
    assert differing(contents(results), uninterrupted) == []
    assert not list(results.rglob(".writing-*")), "what killed jobs left is removed"
