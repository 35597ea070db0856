import statistics

import numpy as np
import pandas as pd
import pytest

from relmaps.preprocess.outliers import FEWEST_SCANS, LIMITS, MEASURES, flag_outliers

pytestmark = pytest.mark.fault


def make_qc(n, rng):
    """n scans without outliers: values evenly spaced, in random order."""
    table = pd.DataFrame({measure: rng.permutation(np.linspace(1, 2, n)) for measure in MEASURES})
    return table.assign(status="ok", brain_agreement=0.95, cut_share=0.0)


def literal_z(values):
    middle = statistics.median(values)
    return [
        (value - middle) / (1.4826 * statistics.median(abs(other - middle) for other in values)) for value in values
    ]


def test_flags_follow_the_formula(rng):
    qc = make_qc(30, rng)
    qc["noise"] = rng.standard_t(2, 30)
    flags = flag_outliers(qc, 3.0)
    z = literal_z(qc["noise"].tolist())
    assert [None if pd.isna(flag) else flag for flag in flags] == [
        "noise high" if value > 3 else "noise low" if value < -3 else None for value in z
    ]
    assert {"noise high", "noise low"} <= set(flags)


def test_several_flags_stand_in_one_cell_and_failed_scans_do_not_count(rng):
    qc = make_qc(20, rng)
    qc.loc[3, ["gm_dice", "noise"]] = [-50, 50]
    qc.loc[7, "status"] = "failed"
    qc.loc[7, list(MEASURES)] = np.nan
    qc.loc[11, "wm_ml"] = np.nan
    flags = flag_outliers(qc.set_index(np.arange(100, 120)), 3.5)
    assert flags.dropna().to_dict() == {103: "gm_dice low; noise high"}


def test_few_scans_and_measures_that_hardly_vary_flag_nothing(rng):
    few = make_qc(FEWEST_SCANS, rng)
    few.loc[0, "noise"] = 1e6
    assert flag_outliers(few, 3.5)[0] == "noise high"
    assert flag_outliers(few[: FEWEST_SCANS - 1], 3.5).isna().all()
    constant = make_qc(20, rng).assign(noise=[0.5] * 11 + [0.6] * 9, wm_cv=np.nan)
    assert flag_outliers(constant, 3.5).isna().all()


@pytest.mark.filterwarnings("error")
def test_a_cohort_of_failed_scans_has_no_flags():
    qc = pd.DataFrame(dict.fromkeys((*MEASURES, *LIMITS)), index=range(9)).assign(status="failed")
    assert flag_outliers(qc, 3.5).isna().all()


def test_masks_that_disagree_and_brains_that_are_cut_are_flagged_in_any_cohort(rng):
    few = make_qc(4, rng).assign(brain_agreement=[0.95, 0.85, np.nan, 0.9], cut_share=[0.0, 0.02, 0.01, 0.0])
    assert flag_outliers(few, 3.5).dropna().to_dict() == {1: "brain_agreement low; cut_share high"}
