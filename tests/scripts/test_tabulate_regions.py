import nibabel as nib
import numpy as np
import pandas as pd

from relmaps.io.images import write_map
from relmaps.io.tables import read_table, write_table
from tests.small_scoring_space import write_scoring_space
from workflow.scripts import tabulate_regions


def test_each_map_and_region_has_a_row(tmp_path, grid, brain, rng):
    right = grid.coordinates()[0] > 0
    images = [tmp_path / f"{name}.nii.gz" for name in ("lrp", "vbm_t")]
    for path, volume in zip(images, (rng.random(grid.shape), right), strict=True):
        write_map(volume * brain, path, grid)
    nib.save(nib.Nifti1Image(np.where(right, 8, 3).astype(np.uint8), grid.affine), tmp_path / "atlas.nii.gz")
    write_table(pd.DataFrame({"index": [3, 8], "name": ["left", "right"]}), tmp_path / "dseg.tsv")
    arguments = {
        "images": images,
        "scoring_files": write_scoring_space(tmp_path, grid, brain, brain & right),
        "table": tmp_path / "regions.tsv",
        "maps": ["lrp", "vbm_t"],
        "primary": {"sign": "abs", "smoothing_mm": 0, "mask": "brain"},
    }
    own = {"image": str(tmp_path / "atlas.nii.gz"), "labels": str(tmp_path / "dseg.tsv"), "affine": None}
    tabulate_regions.main(**arguments, atlas=own)
    table = read_table(tmp_path / "regions.tsv").set_index(["map", "region"])
    assert len(table) == 2 * 3
    assert table.loc[("vbm_t", "right"), ["share_of_relevance", "dice"]].tolist() == [1, 1]
    assert table.loc[("vbm_t", "left"), "share_of_relevance"] == 0
    assert table.loc[("lrp", "right"), "share_of_relevance"] < 0.7
    assert "region" in (tmp_path / "regions.json").read_text()
    tabulate_regions.main(**arguments, atlas={"image": None, "labels": None, "affine": None})
    assert "right hippocampus" in set(read_table(tmp_path / "regions.tsv")["region"])
