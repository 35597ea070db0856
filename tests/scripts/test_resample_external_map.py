import numpy as np

from relmaps.io.files import read_json
from relmaps.io.images import read_map, write_map
from workflow.scripts import resample_external_map


def test_writes_the_map_on_the_study_s_grid_and_what_positive_means(tmp_path, grid, brain, rng):
    data = rng.normal(size=grid.shape).astype(np.float32)
    write_map(data, tmp_path / "theirs.nii.gz", grid)
    write_map(brain, tmp_path / "brain.nii.gz", grid, dtype=np.uint8)
    resample_external_map.main(
        map_name="theirs",
        image=tmp_path / "theirs.nii.gz",
        brain_mask=tmp_path / "brain.nii.gz",
        space=grid.space,
        polarity=-1,
        affine=None,
        description="less grey matter in disease",
        group=tmp_path / "theirs" / "group.nii.gz",
    )
    values = read_map(tmp_path / "theirs" / "group.nii.gz", grid)
    np.testing.assert_array_equal(values, np.where(brain, -data, 0))
    sidecar = read_json(tmp_path / "theirs" / "group.json")
    assert (sidecar["space"], sidecar["map"], sidecar["subjects"]) == (grid.space, "theirs", 0)
    assert sidecar["polarity"] == "positive = less grey matter in disease"
