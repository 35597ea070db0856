import numpy as np
import pytest

from relmaps.io.errors import UserError
from relmaps.reference.ale import ASTRAY_MM, brain_mask
from relmaps.reference.ale import _count_astray as count_astray
from relmaps.reference.foci import check_millimetres, describe_foci
from relmaps.reference.sleuth import Experiment, read_sleuth

pytestmark = pytest.mark.fault


def experiments(foci, names=("a", "b")):
    """The foci, split among experiments of these names."""
    parts = np.array_split(np.asarray(foci, dtype=float), len(names))
    return [Experiment(name, 20, "MNI", part) for name, part in zip(names, parts, strict=True)]


@pytest.fixture
def indices():
    """Voxel indices of 20 places in the 2 mm brain."""
    return np.argwhere(brain_mask().get_fdata() > 0)[::11_000][:20]


def test_many_whole_numbers_without_a_negative_one_are_voxel_indices(indices):
    assert len(indices) == 20
    words = (
        r"foci\.txt: none of 20 foci has a negative coordinate, as if they were voxel indices; write x, y and z in mm"
    )
    with pytest.raises(UserError, match=words):
        check_millimetres(experiments(indices), "foci.txt")
    check_millimetres(experiments(indices[:19]), "foci.txt")
    check_millimetres(experiments(indices + 0.5), "foci.txt")
    check_millimetres(experiments(indices - [0, 60, 0]), "foci.txt")
    check_millimetres(read_sleuth("resources/ad_vbm_foci.txt"), "foci.txt")


def test_names_that_stand_twice_and_foci_on_one_side_are_described(indices):
    mixed = indices * [1, 1, -1] - [45, 0, 0]
    assert {True, False} == set(mixed[:, 0] > 0)
    assert describe_foci(experiments(mixed)) == []
    assert describe_foci(experiments(mixed, ["a", "b", "a", "c", "a", "", ""])) == [
        "3 experiments share a name with another one, such as 'a'; each counts as independent, so merge those of the "
        "same participants."
    ]
    right = np.abs(mixed)
    right[:, 0] += 1
    assert describe_foci(experiments(right)) == ["All 20 foci lie on the right; check the sign of x."]
    assert describe_foci(experiments(-right)) == ["All 20 foci lie on the left; check the sign of x."]
    assert describe_foci(experiments(right[:19])) == []
    assert describe_foci(read_sleuth("resources/ad_vbm_foci.txt")) == []


def test_foci_far_outside_the_brain_are_counted():
    mask = brain_mask()
    centres = np.argwhere(mask.get_fdata() > 0) @ mask.affine[:3, :3].T + mask.affine[:3, 3]
    foci = np.array([[0, 0, 0], [0, 0, 90], [0, 80, 0], [140, 0, 0], [-40, 60, 50], [0, -110, 0]], dtype=float)
    distances = [np.linalg.norm(centres - focus, axis=1).min() for focus in foci]
    assert count_astray(foci, mask) == sum(distance > ASTRAY_MM for distance in distances)
    assert 0 < count_astray(foci, mask) < len(foci)
    assert count_astray(foci[:1], mask) == 0
