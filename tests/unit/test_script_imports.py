"""Scripts load the heavy packages that they use, and no others: a job's start is part of each of thousands of jobs."""

import subprocess
import sys

import pytest

from relmaps import ROOT

HEAVY = ("ants", "matplotlib", "nilearn", "scipy.stats", "sklearn", "statsmodels", "torch")
# What each group of scripts may load of these. Scripts that use ANTs, nilearn or NiMARE load nearly all of them.
MAY_LOAD = {
    (): """
        audit_splits bootstrap_map build_array build_gram build_truth compare_maps convert_dicom explain_linear
        gather_permutations gather_predictions ingest_cohort judge_recovery map_linear_folds number_figures
        permute_labels pool_map pool_variants randomise_atrophy score_maps score_performance score_permutations
        score_surrogates score_variants select_foci select_networks select_subjects simulate_participants
        tabulate_regions tabulate_sample_size_curve tabulate_stability write_manifest write_model_cards
        write_provenance write_subject_maps write_tables
    """,
    ("torch",): "predict_external check_heatmap explain_cnn map_permutation train_cnn",
    ("matplotlib",): """
        plot_calibration plot_cohort plot_curves plot_faithfulness plot_learning plot_maps plot_model_by_method
        plot_mosaic plot_multiverse plot_performance plot_quality plot_ranking plot_regions plot_sample_size_curve
        plot_sanity plot_scans plot_stability plot_trainings write_report
    """,
    ("scipy.stats", "sklearn"): "fit_covariates fit_linear make_splits",
    ("scipy.stats", "statsmodels"): "compare_models",
}
# Prints every script that loads a heavy package which none before it has loaded.
IMPORT_ALL = """
import importlib, sys
heavy, *scripts = sys.argv[1:]
for script in scripts:
    importlib.import_module(f"workflow.scripts.{script}")
    for package in heavy.split():
        if package in sys.modules:
            print(script, package)
            heavy = heavy.replace(package, "")
"""


@pytest.mark.parametrize("allowed", MAY_LOAD, ids=lambda packages: " ".join(packages) or "nothing")
def test_a_script_loads_no_heavy_package_that_it_does_not_use(allowed):
    """In one process per group, because each has to load NumPy and pandas."""
    unwanted = " ".join(package for package in HEAVY if package not in allowed)
    command = [sys.executable, "-c", IMPORT_ALL, unwanted, *MAY_LOAD[allowed].split()]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert loaded == ""
