"""The network on heads that only simulation can give, with the brain known."""

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

from relmaps.preprocess.network import network_mask
from relmaps.preprocess.quality import dice
from relmaps.simulation.phantom import build_phantom
from relmaps.simulation.simulate import ScanSettings, simulate_brain_mask, simulate_scan
from tests.diseases import make_effects

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def heads():
    """Protocol -> a raw head with neck, in RAS+, and its brain."""
    phantom = build_phantom(neck=True)
    effects = make_effects(phantom, [])
    person = pd.Series({"severity_left": 0.0, "severity_right": 0.0, "age": 80.0})
    made = {}
    for protocol in ("adni", "clinical"):
        settings = ScanSettings(1.4, 1, 4, 0.03, 0.2, 11, protocol, coil_shading=0.7, ringing=0.3)
        scan, mask = (f(0, person, phantom, effects, settings) for f in (simulate_scan, simulate_brain_mask))
        made[protocol] = nib.as_closest_canonical(scan), nib.as_closest_canonical(mask).get_fdata() > 0
    return made


@pytest.mark.parametrize("protocol", ["adni", "clinical"])
def test_the_brain_is_found_in_a_head_with_a_neck(heads, protocol):
    head, brain = heads[protocol]
    mask = network_mask(head)
    assert mask.dtype == bool
    assert dice(mask, brain) > 0.95
    np.testing.assert_array_equal(mask, network_mask(head))


def test_the_scan_is_not_changed(heads):
    head = nib.Nifti1Image(heads["adni"][0].get_fdata(dtype=np.float32), heads["adni"][0].affine)
    before = head.get_fdata().copy()
    network_mask(head)
    np.testing.assert_array_equal(head.get_fdata(), before)


def test_where_the_network_marks_nothing_the_mask_is_empty():
    flat = nib.Nifti1Image(np.full((30, 32, 34), 7, np.float32), np.diag([6.0, 6, 6, 1]))
    assert not network_mask(flat).any()
