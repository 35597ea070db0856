import numpy as np
import pandas as pd
from PIL import Image

from relmaps.io.images import load_grid, read_map, write_map
from relmaps.io.tables import write_table
from relmaps.preprocess.derivatives import name_derivatives, scan_of
from workflow.scripts.plot_mosaic import main


def test_every_registered_scan_has_a_tile(simulated, tmp_path):
    grid = load_grid(simulated.template("T1w"), simulated.space)
    people = pd.DataFrame({"participant_id": ["sub-1", "sub-2", "sub-3"], "scan_id": ["sub-1", "sub-2", "sub-3"]})
    write_table(people[:1], tmp_path / "subjects.tsv")
    write_table(people.assign(status=["ok", "ok", "failed"], flags=None), tmp_path / "qc.tsv")
    for row in people[:2].itertuples():
        path = name_derivatives(scan_of(row), tmp_path / "derivatives", simulated.space)["t1"]
        write_map(read_map(simulated.template("T1w"), grid), path, grid)
    main(
        qc=tmp_path / "qc.tsv",
        subjects=tmp_path / "subjects.tsv",
        gm=simulated.template("GM_probseg"),
        mosaic=tmp_path / "mosaic.png",
        derivatives=tmp_path / "derivatives",
        space=simulated.space,
    )
    with Image.open(tmp_path / "mosaic.png") as image:
        picture = np.array(image.convert("RGB")) / 255
    columns = picture.max(axis=2).max(axis=0) > 0.3
    width = picture.shape[1]
    assert columns[: width // 10].any()
    assert columns[width // 10 : width // 5].any()
    assert not columns[width // 5 :].any()
