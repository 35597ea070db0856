"""The same settings give the same bytes: on one core and on two, and after kill -9 in every stage."""

import pytest

from tests.faults.study import RESULTS, STAGES, Study, clear, contents

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    clear()
    yield Study(tmp_path_factory.mktemp("study"))
    clear()


@pytest.fixture(scope="module")
def uninterrupted(study):
    """What a run on one core makes, by path."""
    study.finish(cores=1)
    found = contents()
    clear()
    assert sum(path.endswith(".tsv") for path in found) > 50
    assert sum(path.endswith("group.nii.gz") for path in found) == 11
    return found


def differing(found, expected):
    return sorted(path for path in found.keys() | expected.keys() if found.get(path) != expected.get(path))


def test_two_cores_give_the_same_tables_and_maps_as_one(study, uninterrupted):
    clear()
    study.finish(cores=2)
    assert differing(contents(), uninterrupted) == []


def test_a_study_killed_in_every_stage_and_resumed_ends_with_the_same_tables_and_maps(study, uninterrupted):
    clear()
    waiting, command = set(STAGES), "study"
    while waiting:
        waiting.remove(study.kill_in(waiting, command))
        command = "resume"
    study.finish("resume")
    assert differing(contents(), uninterrupted) == []
    assert not list(RESULTS.rglob(".writing-*")), "what killed jobs left is removed"
