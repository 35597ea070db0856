import hashlib

import pytest

from relmaps.study.manifest import costs_of, devices_of, manifest_of, published_files

BENCHMARK = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


@pytest.fixture
def results(tmp_path):
    """A folder with published files, others, measurements and logs."""
    for name in (
        *(
            "overlap/scores.tsv",
            "overlap/nulls/lrp.npz",
            "relevance/lrp/group.nii.gz",
            "relevance/lrp/.writing-1-group.nii.gz",
        ),
        *("preprocess/derivatives/sub-01/anat/sub-01_status.json", "preprocess/pictures/batch-1/sub-01.png"),
        *("preprocess/qc/batch-1.tsv", "relevance/lrp/subjects/sub-01.nii.gz", "figures/logs/a.log", "report.html"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def measure(results, path, text):
    path = results / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BENCHMARK + text)


def test_published_files_are_hashed_and_no_participant_is_named(results):
    assert published_files(results) == ["overlap/scores.tsv", "relevance/lrp/group.nii.gz", "report.html"]
    manifest = manifest_of(results)
    assert manifest["files"]["report.html"] == hashlib.sha256(b"report.html").hexdigest()
    assert not {"sub-01", str(results)} & set(str(manifest).replace("'", " ").replace("/", " ").split())
    assert str(results) not in str(manifest)


def test_jobs_of_a_rule_are_summed_and_the_largest_memory_is_told(results):
    measure(results, "overlap/benchmarks/draw_null/lrp.tsv", "2.5\t0:00:02\t300\t1\t1\t1\t0\t0\t90\t2\n")
    measure(results, "overlap/benchmarks/draw_null/vbm_t.tsv", "1\t0:00:01\t200\t1\t1\t1\t0\t0\t90\t.5\n")
    measure(results, "classify/benchmarks/fit_linear_svm.tsv", "3\t0:00:03\t100\t1\t1\t1\t0\t0\t90\t3\n")
    measure(results, "cohort/benchmarks/simulate_scans-1.tsv", "0.1\t0:00:00\t-\t-\t-\t-\t-\t-\t0\tNA\n")
    measure(results, "cohort/benchmarks/an_old_rule.tsv", "9\t0:00:00\t9\t9\t9\t9\t9\t9\t9\t9\n")
    found = costs_of(results).to_dict("index")
    assert set(found) == {"draw_null", "fit_linear", "simulate_scans"}
    script = "workflow/scripts/draw_null.py"
    assert found["draw_null"] == {"script": script, "jobs": 2, "wall_s": 3.5, "cpu_s": 2.5, "memory_mb": 300}
    assert found["simulate_scans"]["memory_mb"] == "n/a"


def test_devices_are_those_of_the_logs(results):
    for name, line in {
        "classify/logs/train_cnn_small_fold-1_seed-0.log": "device cpu: torch sees no GPU",
        "classify/logs/train_cnn_A24_fold-1_seed-0.log": "device NVIDIA H100; results may differ in the last digits",
        "relevance/logs/pool_map/lrp.log": "done in 1.0 s",
    }.items():
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(f"10:00:00 python /usr/bin/python\n10:00:01 {line}\n")
    assert devices_of(results) == {"train_cnn": ["NVIDIA H100", "cpu"]}
