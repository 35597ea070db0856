import shutil
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest


@pytest.fixture
def own(simulated, tmp_path):
    """A copy of the dataset."""
    return replace(simulated, folder=shutil.copytree(simulated.folder, tmp_path / "dataset"))


def test_scans_are_whole_bids_files(simulated):
    paths = sorted((simulated.folder / "bids").glob("sub-*/anat/*_T1w.nii.gz"))
    assert [path.name for path in paths] == [f"sub-{number:03d}_T1w.nii.gz" for number in (1, 2, 3, 4)]
    image = nib.load(paths[0])
    assert image.header.get_zooms() == (8, 8, 8)
    assert image.get_fdata().max() > 100


def test_a_finished_scan_is_kept_and_a_lost_one_made_again_alike(own):
    kept, lost = (own.folder / f"bids/sub-00{n}/anat/sub-00{n}_T1w.nii.gz" for n in (1, 2))
    before, content = kept.stat().st_mtime_ns, lost.read_bytes()
    lost.unlink()
    own.simulate(numbers=(1, 2))
    assert kept.stat().st_mtime_ns == before
    assert lost.read_bytes() == content


def test_scans_of_the_configured_protocol_have_necks(own):
    settings = {key: own.simulation[key] for key in ("protocol", "coil_shading", "ringing")}
    assert settings["protocol"] == "mixed"
    own.simulate(numbers=(1, 2, 3), bids="necked", **settings)
    images = [nib.load(path) for path in sorted((own.folder / "necked").glob("sub-*/anat/*_T1w.nii.gz"))]
    assert len({nib.aff2axcodes(image.affine) for image in images}) > 1
    for image in images:
        np.testing.assert_allclose(image.header.get_zooms(), 8, rtol=1e-5)
        bright = nib.as_closest_canonical(image).get_fdata() > 100
        assert bright[:, :, 0].mean() > 0.02, "the neck goes on below the image"
