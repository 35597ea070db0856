import numpy as np

from relmaps.io.files import read_json
from relmaps.io.images import read_mask, write_map
from relmaps.reference.reference import read_thresholds
from workflow.scripts import build_truth


def test_writes_map_mask_and_sidecar(tmp_path, grid, brain):
    loss = np.where(np.indices(grid.shape)[0] > 4, 0.2, 0.01).astype(np.float32)
    write_map(loss, tmp_path / "truth.nii.gz", grid)
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    outputs = {
        "reference_map": tmp_path / "map.nii.gz",
        "mask": tmp_path / "mask.nii.gz",
        "thresholds": tmp_path / "thresholds.npz",
        "sidecar": tmp_path / "reference.json",
    }
    build_truth.main(tmp_path / "truth.nii.gz", tmp_path / "brain.nii.gz", grid.space, **outputs)
    np.testing.assert_array_equal(read_mask(outputs["mask"], grid), brain & (loss > 0.1))
    sidecar = read_json(outputs["sidecar"])
    assert (sidecar["kind"], sidecar["n_foci"]) == ("ground_truth", None)
    np.testing.assert_allclose(sidecar["threshold"], 0.1, rtol=1e-6)
    thresholds = {cut.label: cut for cut in read_thresholds(outputs["thresholds"], outputs["sidecar"], grid)}
    np.testing.assert_array_equal(thresholds["share_0.5"].mask, brain & (loss > 0.1))
