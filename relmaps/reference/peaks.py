"""Where a map peaks: a table of clusters in MNI mm.

relmaps peaks results/demo/reference/meta_analysis/map.nii.gz --top 10

Without --threshold the clusters are those above the threshold in the reference.json beside the map, or above half the
map's maximum where there is none.
"""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from nilearn.reporting import get_clusters_table

from relmaps.io.files import read_json
from relmaps.io.foreign import read_foreign_map

APART_MM = 8.0  # peaks of one cluster lie at least so far apart


def find_peaks(image: nib.Nifti1Image, threshold: float, minimum_mm3: float = 0) -> pd.DataFrame:
    """Peaks of the clusters (faces touching) above a threshold, highest first.

    Columns: cluster (a letter after the number is a further peak of the same), x, y, z in mm, peak, size_mm3 (NaN at
    further peaks). minimum_mm3 : smaller clusters are left out. Empty if nothing is above.
    """
    voxel_mm3 = float(abs(np.linalg.det(image.affine[:3, :3])))
    found = get_clusters_table(
        image, threshold, cluster_threshold=int(np.ceil(minimum_mm3 / voxel_mm3)), min_distance=APART_MM
    )
    names = {"Cluster ID": "cluster", "Peak Stat": "peak", "Cluster Size (mm3)": "size_mm3"}
    found = found.rename(columns=names | {axis: axis.lower() for axis in "XYZ"})
    found["size_mm3"] = pd.to_numeric(found["size_mm3"], errors="coerce")
    return found.sort_values("peak", ascending=False, kind="stable", ignore_index=True)


def main(path: Path, threshold: float | None, top: int) -> str:
    """The first peaks as text; see above for the threshold."""
    image = read_foreign_map(path)
    sidecar = path.with_name("reference.json")
    if threshold is None and sidecar.is_file():
        threshold = read_json(sidecar)["threshold"]
    if threshold is None:
        threshold = float(image.get_fdata().max()) / 2
    table = find_peaks(image, threshold)
    text = table.head(top).to_string(index=False, na_rep="", float_format="%.4g") if len(table) else "none"
    return f"{path}: peaks above {threshold:.4g}\n{text}"
