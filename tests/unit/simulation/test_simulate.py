from dataclasses import replace

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import map_coordinates

from relmaps.cohort.participants import sample_participants
from relmaps.simulation.deformation import compute_velocity, exponential, jacobian
from relmaps.simulation.disease import expected_loss, truth_on
from relmaps.simulation.protocols import PROTOCOLS
from relmaps.simulation.simulate import ScanSettings, examine, simulate_brain_mask, simulate_scan
from relmaps.space.mni152 import AFFINE, average_on, study_grid, tissue_fractions

pytestmark = pytest.mark.slow

STILL = ScanSettings(anatomy_mm=0.0001, ageing=0, voxel_mm=4, noise=0, bias_field=0, seed=3)


WITHOUT_NECK = ScanSettings(anatomy_mm=1.4, ageing=1, voxel_mm=8, noise=0.03, bias_field=0.2, seed=3)
WITH_NECK = replace(WITHOUT_NECK, protocol="mixed", coil_shading=0.7, ringing=0.3)


def person(left=0.0, right=0.0):
    return pd.Series({"severity_left": left, "severity_right": right, "age": 75.0})


def test_tissues_are_fractions(phantom):
    total = sum(phantom.tissues.values())
    assert all(part.min() >= -1e-6 for part in phantom.tissues.values())
    assert total.max() <= 1 + 1e-5


def test_disease_on_the_left_takes_tissue_on_the_left(phantom, effects):
    x = phantom.field.grid.coordinates()[0]
    change = (
        jacobian(exponential(2 * effects.left, 4.0), 4.0) * phantom.field.fractions["gm"]
        - phantom.field.fractions["gm"]
    )
    assert change[x < -10].sum() < -5 * abs(change[x > 10].sum())


def test_disease_keeps_the_volume_of_the_box(phantom, effects):
    grown = jacobian(exponential(2 * (effects.left + effects.right), 4.0), 4.0)
    assert grown.mean() == pytest.approx(1, abs=1e-3)


def test_expected_loss_is_the_mean_over_drawn_severities(rng):
    """On a small box, against severities drawn at random."""
    loss = np.zeros((12, 12, 12))
    loss[4:8, 4:8, 4:8] = 0.1
    velocity = compute_velocity(loss.mean() - loss, 4.0)
    found = expected_loss(velocity, 4.0, 2.0, 0.4)[5, 5, 5]
    drawn = [
        1 - jacobian(exponential(s * velocity, 4.0), 4.0)[5, 5, 5] for s in 2.0 * np.exp(0.4 * rng.standard_normal(300))
    ]
    assert abs(np.mean(drawn) - found) < 3 * np.std(drawn) / np.sqrt(300)
    assert found > 0.1


def test_truth_lies_in_the_hippocampus_and_is_symmetric(phantom, effects):
    grid = study_grid(4)
    gm = average_on(tissue_fractions()[1]["gm"], AFFINE, grid)
    truth = truth_on(expected_loss(effects.left + effects.right, 4.0, 2.0, 0.4), phantom.field.grid, gm, grid)
    at = np.rint(np.linalg.inv(grid.affine) @ [26, -16, -18, 1]).astype(int)[:3]
    frontal = np.rint(np.linalg.inv(grid.affine) @ [30, 50, 10, 1]).astype(int)[:3]
    assert truth.min() == 0
    assert truth[tuple(at)] > 0.5 * truth.max()
    assert truth[tuple(frontal)] < 0.02 * truth.max()
    x = grid.coordinates()[0]
    # The grid is not centred on the midline: a voxel of 4 mm more or less lies on one side.
    assert truth[x < 0].sum() == pytest.approx(truth[x > 0].sum(), rel=0.1)


def test_a_scan_depends_on_its_seed_and_number_alone(phantom, effects):
    settings = WITHOUT_NECK
    one, again, other = (simulate_scan(n, person(2, 2), phantom, effects, settings) for n in (5, 5, 6))
    assert one.to_bytes() == again.to_bytes()
    assert one.to_bytes() != other.to_bytes()


def test_a_scan_is_stored_left_handed_and_shows_a_darker_left_where_the_left_is_ill(phantom, effects):
    well = simulate_scan(0, person(), phantom, effects, STILL)
    ill = simulate_scan(0, person(left=4.0), phantom, effects, STILL)
    assert nib.aff2axcodes(well.affine) == ("L", "A", "S")
    assert well.get_data_dtype() == np.int16
    well, ill = (nib.as_closest_canonical(scan).get_fdata() for scan in (well, ill))
    loss = (well - ill) / well.max()  # fluid is darker than the tissue whose place it takes
    middle = loss.shape[0] // 2
    assert loss[:middle].sum() > 5 * abs(loss[middle:].sum())


def test_a_scan_with_a_neck_depends_on_its_seed_and_number_alone(necked, effects):
    one, again, other = (simulate_scan(n, person(2, 2), necked, effects, WITH_NECK) for n in (5, 5, 6))
    assert one.to_bytes() == again.to_bytes()
    assert one.to_bytes() != other.to_bytes()
    assert one.get_data_dtype() == np.int16
    quiet = simulate_scan(5, person(2, 2), necked, effects, replace(WITH_NECK, ringing=0.0))
    assert quiet.to_bytes() != one.to_bytes()


@pytest.mark.parametrize(("protocol", "codes"), [("adni", "ASL"), ("ixi", "PSR"), ("clinical", "LAS")])
def test_a_scan_is_stored_as_its_scanner_does(necked, effects, protocol, codes):
    scan = simulate_scan(0, person(), necked, effects, replace(WITH_NECK, protocol=protocol, voxel_mm=6))
    assert "".join(nib.aff2axcodes(scan.affine)) == codes
    assert scan.header.get_zooms() == pytest.approx((6, 6, 6))
    for affine, code in (scan.get_sform(coded=True), scan.get_qform(coded=True)):
        np.testing.assert_allclose(affine, scan.affine, atol=1e-3)
        assert code == 1
    turned = scan.affine[:3, :3] / 6
    np.testing.assert_allclose(turned @ turned.T, np.eye(3), atol=1e-5)
    assert abs(turned).max(axis=0).min() < 0.9999, "the box is oblique"


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_affine_takes_every_voxel_to_its_place_in_the_template(necked, effects, protocol):
    settings = replace(STILL, protocol=protocol, voxel_mm=8)
    mask = simulate_brain_mask(1, person(), necked, effects, settings)
    exam = examine(1, person(), necked, effects, settings)
    points = nib.affines.apply_affine(exam.placement.pose @ mask.affine, np.argwhere(np.ones(mask.shape)))
    indices = nib.affines.apply_affine(np.linalg.inv(necked.grid.affine), points).T
    smooth = map_coordinates(necked.brain, indices, order=1).reshape(mask.shape)
    found = np.asarray(mask.dataobj) > 0
    assert found[smooth == 1].mean() > 0.99
    assert found[smooth == 0].mean() < 0.03


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_protocol_shows_a_darker_left_where_the_left_is_ill(necked, effects, protocol):
    settings = replace(STILL, protocol=protocol, coil_shading=0.7, ringing=0.3)
    well = simulate_scan(0, person(), necked, effects, settings)
    ill = simulate_scan(0, person(left=4.0), necked, effects, settings)
    brain = np.argwhere(np.asarray(simulate_brain_mask(0, person(), necked, effects, settings).dataobj))
    world_x = nib.affines.apply_affine(well.affine, brain)[:, 0]
    values = [scan.get_fdata()[tuple(brain.T)] for scan in (well, ill)]
    loss = (values[0] - values[1]) / values[0].max()
    left = world_x < world_x.mean()
    assert loss[left].sum() > 5 * abs(loss[~left].sum())


def test_the_brain_mask_is_in_the_scan_and_on_its_grid(necked, effects):
    for number in range(4):
        scan = simulate_scan(number, person(), necked, effects, WITH_NECK)
        mask = simulate_brain_mask(number, person(), necked, effects, WITH_NECK)
        assert mask.shape == scan.shape
        np.testing.assert_array_equal(mask.affine, scan.affine)
        inside = np.asarray(mask.dataobj) > 0
        assert not any(np.take(inside, end, axis=axis).any() for axis in range(3) for end in (0, -1))
        assert 1.2e6 < inside.sum() * 512 < 2.6e6  # mm^3
        values = scan.get_fdata()
        assert values[inside].mean() > 2 * values[~inside].mean()


def test_samples_taken_in_slabs_are_those_taken_at_once(necked, effects, monkeypatch):
    at_once = simulate_scan(0, person(), necked, effects, replace(WITH_NECK, noise=0))
    monkeypatch.setattr("relmaps.simulation.simulate.POINTS_AT_ONCE", 1)
    in_slabs = simulate_scan(0, person(), necked, effects, replace(WITH_NECK, noise=0))
    assert abs(at_once.get_fdata() - in_slabs.get_fdata()).max() <= 1  # of some thousand


def test_half_the_participants_are_ill_and_nothing_else_tells_the_group():
    people = sample_participants(400, 2.0, 0.4, seed=1)
    ill = people["diagnosis"] == "AD"
    assert ill.sum() == 200
    assert (people.loc[~ill, ["severity_left", "severity_right"]] == 0).all().all()
    assert np.median(people.loc[ill, "severity_left"]) == pytest.approx(2, rel=0.1)
    assert abs(people.loc[ill, "age"].mean() - people.loc[~ill, "age"].mean()) < 2
    assert abs(np.corrcoef(ill, np.arange(400))[0, 1]) < 0.15
    pd.testing.assert_frame_equal(people, sample_participants(400, 2.0, 0.4, seed=1))
