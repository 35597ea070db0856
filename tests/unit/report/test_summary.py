import pandas as pd

from relmaps.io.files import write_json
from relmaps.io.tables import read_table, write_table
from relmaps.report.summary import summarise
from relmaps.study.config import read_config
from tests.synthetic_results import BASELINES, MAPS, SyntheticStudy


def make_summary(study):
    write_json({"config": read_config()}, study.path("provenance.json"))
    return summarise(study.folder)


def test_summary_has_a_line_for_everything_that_matters(tmp_path, grid, brain):
    lines = make_summary(SyntheticStudy(tmp_path, grid, brain).write())
    assert lines[0].startswith("Balanced accuracy: Linear SVM 0.85 [0.76, 0.92]; Network “small” 0.79")
    assert lines[1].startswith(
        "Confound models, whose input has no tissue contrast: SVM, binarised scan 0.62 [0.53, 0.69]; Age"
    )
    assert "binarised" not in lines[0]
    assert lines[2].split() == ["ROC", "AUC", "(primary)", "meta-analysis", "ground", "truth"]
    assert lines[3].split("  ")[0] == "VBM t"
    assert lines[3].count("0.88 [0.85, 0.91]") == 2
    assert [line.endswith("recovers the ground truth") for line in lines[3:7]] == [True, True, True, False]
    assert lines[-1] == f"Report: {tmp_path / 'report.html'}"
    assert len({len(line) for line in lines[6:9]}) == 1  # columns stand below each other
    assert lines[9].startswith("Baselines: GM probability 0.75/0.75, Hippocampus distance 0.73/0.73, Mean T1 0.69/0.69")
    assert len(lines) <= 13


def test_the_ceiling_has_a_line_of_its_own(tmp_path, grid, brain):
    study = SyntheticStudy(tmp_path, grid, brain).write()
    before, path = make_summary(study), study.path("overlap/scores.tsv")
    scores = read_table(path)
    write_table(pd.concat([scores, scores[scores["map"] == "gm_probability"].assign(map="oracle", value=0.97)]), path)
    after = make_summary(study)
    (added,) = [line for line in after if line not in before]
    assert added == "Ceiling: Ground truth, smoothed 0.97/0.97"
    assert [line for line in after if line != added] == before


def test_summary_of_a_study_without_mask(tmp_path, grid, brain):
    lines = make_summary(SyntheticStudy(tmp_path, grid, brain, references=("meta_analysis",), empty_mask=True).write())
    judged = [name for name in MAPS if name not in BASELINES]
    assert [line.split()[-1] for line in lines[3 : 3 + len(judged)]] == ["n/a"] * len(judged)
    assert lines[3 + len(judged)].count("n/a") == len(BASELINES)
