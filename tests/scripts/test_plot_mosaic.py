import matplotlib.image
import pandas as pd

from relmaps.images import load_grid, read_map, write_map
from relmaps.preprocess.derivatives import derivatives_of, scan_of
from relmaps.tables import write_table
from workflow.scripts.plot_mosaic import main


def test_every_subject_has_a_tile(simulated, tmp_path):
    grid = load_grid(simulated.template("T1w"), simulated.space)
    people = pd.DataFrame({"participant_id": ["sub-1", "sub-2"], "scan_id": ["sub-1", "sub-2"]})
    write_table(people, tmp_path / "subjects.tsv")
    for row in people.itertuples():
        path = derivatives_of(scan_of(row), tmp_path / "derivatives", simulated.space)["t1"]
        write_map(read_map(simulated.template("T1w"), grid), path, grid)
    main(
        subjects=tmp_path / "subjects.tsv",
        gm=simulated.template("GM_probseg"),
        mosaic=tmp_path / "mosaic.png",
        derivatives=tmp_path / "derivatives",
        space=simulated.space,
    )
    picture = matplotlib.image.imread(tmp_path / "mosaic.png")[..., :3]
    columns = picture.max(axis=2).max(axis=0) > 0.3
    width = picture.shape[1]
    assert columns[: width // 10].any()
    assert columns[width // 10 : width // 5].any()
    assert not columns[width // 5 :].any()
