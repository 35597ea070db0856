"""The study on shuffled labels, beside the study itself."""

import shutil

import pytest

from relmaps.catalogue.maps import INPUT_MAPS, TRUTH_MAPS
from relmaps.io.tables import read_table
from tests.studies import SMOKE, finish
from tests.workflow.conftest import MAPS

pytestmark = pytest.mark.slow


def test_labels_are_shuffled_beside_the_study(study, tmp_path):
    shutil.copytree(study.folder, tmp_path, dirs_exist_ok=True)
    # In a mapping of --config Snakemake gives numbers as text, so this one goes through a file.
    (tmp_path / "permutations.yaml").write_text("classify: {permutations: [1]}\n")
    results = tmp_path / "results/smoke"
    figure = "results/smoke/figures/performance.png"  # which shows them
    targets = ("results/smoke/classify/permutations.tsv", "results/smoke/overlap/permuted.tsv", figure)
    before = (tmp_path / figure).stat().st_mtime_ns
    finish(tmp_path, *SMOKE, tmp_path / "permutations.yaml", "--", *targets)
    assert (tmp_path / figure).stat().st_mtime_ns > before
    null = read_table(results / "classify/permutations.tsv")
    permuted = read_table(results / "overlap/permuted.tsv")
    assert set(permuted["map"]) == set(MAPS) - {"untrained", *INPUT_MAPS, *TRUTH_MAPS}
    assert permuted["value"].notna().all()
    assert permuted.loc[permuted["metric"] == "roc_auc", "null_p_spatial"].between(0.01, 1).all()
    assert set(null["model"]) == {"svm", "small", "selected", "svm_binarised", "svm_brain_mask", "covariates"}
    true, shuffled = (
        read_table(path)
        for path in (results / "preprocess/subjects.tsv", *results.glob("permutations/1/preprocess/*.tsv"))
    )
    assert shuffled["participant_id"].equals(true["participant_id"])
    assert not shuffled["label"].equals(true["label"])
