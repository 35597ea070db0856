import nibabel as nib
import numpy as np
import pandas as pd
from PIL import Image

from relmaps.io.images import load_grid, read_map, save, write_map
from relmaps.io.tables import read_columns, write_table
from relmaps.preprocess.derivatives import name_derivatives, scan_of
from workflow.scripts.plot_scans import main


def test_each_usable_scan_has_a_picture_named_by_it(simulated, tmp_path):
    grid = load_grid(simulated.template("T1w"), simulated.space)
    t1 = read_map(simulated.template("T1w"), grid)
    rows = pd.DataFrame(
        [
            dict.fromkeys(read_columns("qc"))
            | {"scan_id": scan, "participant_id": scan[:5], "status": status, "method": "network"}
            for scan, status in (("sub-1_ses-2_run-1", "ok"), ("sub-2", "failed"))
        ]
    )
    write_table(rows, tmp_path / "batch-1.tsv", "qc")
    files = name_derivatives(scan_of(rows.iloc[0]), tmp_path / "derivatives", simulated.space)
    write_map(t1, files["t1"], grid)
    save(nib.Nifti1Image(t1, grid.affine), files["native_t1"])
    save(nib.Nifti1Image(np.digitize(t1, [0.1, 0.4, 0.7]).astype(np.uint8), grid.affine), files["native_tissues"])
    save(nib.Nifti1Image((200 * t1).clip(0, 255).astype(np.uint8), grid.affine), files["head"])
    save(nib.Nifti1Image((t1 > 0.1).astype(np.uint8), grid.affine), files["head_brain"])
    for name in ("batch-1", "batch-2"):
        main(
            qc=[tmp_path / f"{name}.tsv"],
            gm=simulated.template("GM_probseg"),
            pictures=tmp_path / name,
            derivatives=tmp_path / "derivatives",
            space=simulated.space,
        )
        write_table(rows[1:], tmp_path / "batch-2.tsv", "qc")
    assert [path.name for path in (tmp_path / "batch-1").iterdir()] == ["sub-1_ses-2_run-1.png"]
    assert list((tmp_path / "batch-2").iterdir()) == []
    with Image.open(tmp_path / "batch-1/sub-1_ses-2_run-1.png") as image:
        assert image.width > 1000
        assert image.info == {}
