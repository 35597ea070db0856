"""Maps that were made elsewhere: scored without scans."""

import json

import pytest

from relmaps.io.tables import read_table
from tests.studies import SMOKE, finish

pytestmark = pytest.mark.slow


def test_maps_from_elsewhere_are_scored_without_scans(study, tmp_path):
    maps = {
        f"my_{name}": {"path": f"{study.results}/relevance/{name}/group.nii.gz", "polarity": 1, "description": "mine"}
        for name in ("lrp", "vbm_t")
    }
    nifti = {"source": "nifti", "path": f"{study.results}/reference/truth/map.nii.gz", "threshold": 0.01}
    settings = tmp_path / "maps.yaml"
    settings.write_text(json.dumps({"relevance": {"external_maps": maps}, "reference": {"meta_analysis": nifti}}))
    finish(tmp_path, *SMOKE, "config/maps.yaml", settings, "--", "overlap_only")
    results = tmp_path / "results/maps"
    assert not (results / "cohort").exists()
    scores = read_table(results / "overlap/scores.tsv")
    primary = scores[scores["primary"]]
    assert set(primary["map"]) == {"my_lrp", "my_vbm_t"}
    assert primary["value"].notna().all()
    assert primary["ci_low"].isna().all()
    assert primary["null_p_spatial"].between(0.01, 1).all()
    assert primary["note"].str.contains("does not depend on the subjects").all()
