import hashlib

import pytest

from relmaps.io.files import write_json
from relmaps.study.manifest import make_manifest, published_files, read_costs, read_devices


@pytest.fixture
def results(tmp_path):
    """A folder with published files, others and logs."""
    for name in (
        *(
            "overlap/scores.tsv",
            "overlap/surrogates/lrp.npz",
            "relevance/lrp/group.nii.gz",
            "relevance/lrp/.writing-1-group.nii.gz",
        ),
        *("preprocess/derivatives/sub-01/anat/sub-01_status.json", "preprocess/pictures/batch-1/sub-01.png"),
        *("preprocess/qc/batch-1.tsv", "relevance/lrp/subjects/sub-01.nii.gz", "figures/logs/a.log", "report.html"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def used(results, log, rule, device=None, wall_s=1.0, cpu_s=1.0, memory_mb=100.0):
    """The record that a job leaves beside its log."""
    write_json(
        {"rule": rule, "device": device, "wall_s": wall_s, "cpu_s": cpu_s, "memory_mb": memory_mb},
        results / f"{log}.json",
    )


def test_published_files_are_hashed_and_no_participant_is_named(results):
    assert published_files(results) == ["overlap/scores.tsv", "relevance/lrp/group.nii.gz", "report.html"]
    manifest = make_manifest(results)
    assert manifest["files"]["report.html"] == hashlib.sha256(b"report.html").hexdigest()
    assert not {"sub-01", str(results)} & set(str(manifest).replace("'", " ").replace("/", " ").split())
    assert str(results) not in str(manifest)


def test_jobs_of_a_rule_are_summed_and_the_largest_memory_is_told(results):
    used(results, "overlap/logs/score_surrogates/lrp", "score_surrogates", wall_s=2.5, cpu_s=2, memory_mb=300)
    used(results, "overlap/logs/score_surrogates/vbm_t", "score_surrogates", wall_s=1, cpu_s=0.5, memory_mb=200)
    used(results, "classify/logs/fit_linear_svm", "fit_linear")
    used(results, "cohort/logs/an_old_rule", "an_old_rule")
    found = read_costs(results).to_dict("index")
    assert set(found) == {"score_surrogates", "fit_linear"}
    script = "workflow/scripts/score_surrogates.py"
    assert found["score_surrogates"] == {"script": script, "jobs": 2, "wall_s": 3.5, "cpu_s": 2.5, "memory_mb": 300}


def test_devices_are_those_of_jobs_that_ran_networks(results):
    used(results, "classify/logs/train_cnn_small_fold-1_seed-0", "train_cnn", "cpu")
    used(results, "permutations/1/classify/logs/train_cnn_A24_fold-1_seed-0", "train_cnn", "NVIDIA H100")
    used(results, "relevance/logs/pool_map/lrp", "pool_map")
    assert read_devices(results) == {"train_cnn": ["NVIDIA H100", "cpu"]}


def test_a_study_without_records_has_no_costs(results):
    assert read_costs(results).empty
    assert read_devices(results) == {}
