"""Jobs that a dry run names for each kind of study, and mistakes that are found before anything runs."""

import pytest
import yaml

from relmaps.catalogue.maps import MODEL_FREE, PREDICTION_MAPS, TRUTH_MAPS
from relmaps.study.bids_tree import write_bids_tree
from relmaps.study.config import read_config
from tests.adni_tree import write_adni_tree
from tests.rules import read_rules
from tests.studies import planned, run

pytestmark = [pytest.mark.slow, pytest.mark.fault]

# What the default settings have no use for.
ELSEWHERE = {
    *("convert_dicom", "randomise_atrophy", "add_atrophy", "permute_labels", "gather_permutations", "predict_external"),
    *("map_permutation", "score_permutations", "write_subject_maps"),
    *("select_foci", "resample_external_map", "tabulate_sample_size_curve", "plot_sample_size_curve", "number_figures"),
}


@pytest.fixture
def folder(tmp_path_factory):
    """Where Snakemake keeps its records of a dry run."""
    return tmp_path_factory.mktemp("study")


def test_the_default_study_plans_every_scan_and_stage(folder):
    heatmaps = len(read_config()["relevance"]["methods"])
    others = len([*MODEL_FREE, *PREDICTION_MAPS, *TRUTH_MAPS])
    maps = heatmaps + 1 + 3 + others  # that of untrained networks, three of the SVM
    jobs = planned(folder, "--forceall", "--config", "study=planned")
    assert jobs["simulate_scans"] == 4
    assert jobs["preprocess_scans"] == 8
    assert jobs["train_cnn"] == 5
    assert jobs["explain_cnn"] == 5 * (heatmaps + 1)
    assert jobs["score_surrogates"] == jobs["pool_map"] == maps
    assert jobs["bootstrap_map"] == maps - 3, "all but those that are the same for every cohort"
    assert jobs["pool_variants"] == heatmaps + 2, "that of untrained networks and the contributions to the SVM"
    assert jobs["explain_linear"] == 1
    assert jobs["check_heatmap"] == heatmaps
    assert set(jobs) - {"total", "all"} == set(read_rules()) - ELSEWHERE


def test_the_full_demo_trains_every_network_seed_and_permutation(folder):
    jobs = planned(folder, "--forceall", "--configfile", "config/full-demo.yaml")
    networks, seeds, folds, permutations, controls = 3, 3, 5, 20, 2
    assert jobs["train_cnn"] == folds * (networks * seeds + permutations + controls)
    assert jobs["fit_linear"] == (2 + 2) * (1 + permutations)
    assert jobs["permute_labels"] == permutations
    assert jobs["map_permutation"] == permutations
    assert jobs["gather_permutations"] == jobs["score_permutations"] == 1


def test_the_paper_s_study_trains_its_32_networks(folder, tmp_path):
    people = [(None, f"0{n:02d}_S_{n:04d}", "AD" if n % 2 else "CN", 70 + n, "F") for n in range(1, 13)]
    write_adni_tree(tmp_path, people)
    files = ["--configfile", "config/adni.yaml", "config/paper.yaml"]
    jobs = planned(folder, *files, "--config", f"input={tmp_path}")
    assert jobs["train_cnn"] == 32 * 5


@pytest.fixture
def dataset(tmp_path):
    """A BIDS folder whose scans are empty files: planning must not open them."""
    rows = ["participant_id\tage\tgender\tgroup"]
    for number in range(1, 31):
        folder = tmp_path / f"sub-{number:02d}" / "anat"
        folder.mkdir(parents=True)
        (folder / f"sub-{number:02d}_T1w.nii.gz").touch()
        rows.append(f"sub-{number:02d}\t{40 + number}\tf\t{'depr' if number % 2 else 'control'}")
    (tmp_path / "participants.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_a_bids_folder_is_planned_for_every_scan(folder, dataset):
    jobs = planned(folder, "--configfile", "config/bids.yaml", "--config", f"input={dataset}")
    assert jobs["preprocess_scans"] == 30
    assert "simulate_scans" not in jobs
    assert "build_truth" not in jobs
    assert jobs["write_report"] == 1


def test_a_dry_run_of_a_bids_folder_shows_every_scan_and_stage(folder, tmp_path):
    write_bids_tree(tmp_path, 300)
    files = ("--configfile", "config/bids.yaml", "config/dryrun.yaml")
    jobs = planned(folder, "--forceall", "--quiet", "rules", *files, "--config", f"input={tmp_path}")
    assert jobs["preprocess_scans"] == 300
    assert jobs["plot_scans"] == 15, "twenty pictures a job"
    of_the_simulation = {"simulate_participants", "simulate_scans", "simulate_truth", "build_truth", "plot_truth"}
    assert set(jobs) - {"total", "all"} == set(read_rules()) - ELSEWHERE - of_the_simulation


def test_known_atrophy_is_planned_for_every_control_and_has_a_truth(folder, dataset):
    mine = {"labels": {"disease": "depr"}, "covariates": {"sex": "gender"}}
    (dataset / "mine.yaml").write_text(yaml.safe_dump({"cohort": mine}))
    files = ["--configfile", "config/synthetic-atrophy.yaml", str(dataset / "mine.yaml")]
    jobs = planned(folder, *files, "--config", f"input={dataset}")
    assert jobs["add_atrophy"] == jobs["preprocess_scans"] == 15
    assert jobs["randomise_atrophy"] == jobs["simulate_truth"] == jobs["build_truth"] == 1


def test_an_adni_download_is_planned_from_its_tree_and_table(folder, tmp_path):
    people = [(None, f"0{n:02d}_S_{n:04d}", "AD" if n % 2 else "CN", 70 + n, "F") for n in range(1, 13)]
    tree = write_adni_tree(tmp_path, people)
    for image_id in ("I6", "I10", "I50"):  # of those taken
        (nifti,) = tmp_path.rglob(f"*_{image_id}.nii")
        nifti.rename(nifti.with_suffix(".dcm"))
    jobs = planned(folder, "--configfile", "config/adni.yaml", "--config", f"input={tmp_path}")
    assert jobs["preprocess_scans"] == len(tree.taken) == 12
    assert jobs["convert_dicom"] == 3
    assert "simulate_truth" not in jobs


def test_scans_of_any_name_are_planned(folder, tmp_path):
    names = ["with space.nii", "é日本 [1] (2).nii", 'it\'s "quoted", 100 % #1 a=b;*?$.nii']
    rows = ["participant\tpath\tgroup\tage\tsex"]
    for number in range(1, 13):
        path = tmp_path / "my scans" / str(number) / names[number % 3]
        path.parent.mkdir(parents=True)
        path.touch()
        quoted = str(path.relative_to(tmp_path)).replace('"', '""')
        rows.append(f'p{number}\t"{quoted}"\t{"AD" if number % 2 else "CN"}\t70\tf')
    (tmp_path / "scans.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    jobs = planned(folder, "--configfile", "config/table.yaml", "--config", f"input={tmp_path / 'scans.tsv'}")
    assert jobs["preprocess_scans"] == 12
    assert jobs["write_report"] == 1


def test_a_table_of_dicom_folders_with_odd_names_is_converted_first(folder, tmp_path):
    rows = ["participant,folder,group,age,sex"]
    for number in range(1, 13):
        series = tmp_path / f"[{number}] größe 'a' (b)"
        series.mkdir()
        (series / "1.dcm").touch()
        rows.append(f"p{number},{series.name},{'AD' if number % 2 else 'CN'},70,f")
    (tmp_path / "my scans.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    jobs = planned(folder, "--configfile", "config/dicom.yaml", "--config", f"input={tmp_path / 'my scans.csv'}")
    assert jobs["convert_dicom"] == jobs["preprocess_scans"] == 12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", "colour=red"], "unknown key colour"),
        (["--configfile", "config/bids.yaml"], "input is not set"),
        (["--configfile", "config/bids.yaml", "--config", "input=/nowhere"], "input /nowhere: no such folder"),
        (["--config", "reference={meta_analysis: {source: sleuth, path: no.txt}}"], "no.txt: no such file"),
    ],
)
def test_a_mistake_is_one_clear_line_before_anything_runs(folder, arguments, words):
    stopped = run(folder, "-n", *arguments)
    assert stopped.returncode != 0
    assert words in stopped.stdout + stopped.stderr
    assert "Traceback" not in stopped.stdout + stopped.stderr


def test_a_participant_twice_is_named(folder, dataset):
    with open(dataset / "participants.tsv", "a") as table:
        table.write("sub-01\t41\tf\tdepr\n")
    stopped = run(folder, "-n", "--configfile", "config/bids.yaml", "--config", f"input={dataset}")
    assert stopped.returncode != 0
    assert "participants.tsv: participant sub-01 stands twice" in stopped.stdout + stopped.stderr


def test_a_group_with_fewer_scans_than_folds_is_named_before_anything_runs(folder, dataset):
    path = dataset / "participants.tsv"
    path.write_text("".join(line for line in path.open() if "control" not in line or "sub-02" in line))
    stopped = run(folder, "-n", "--configfile", "config/bids.yaml", "--config", f"input={dataset}")
    assert stopped.returncode != 0
    assert "classify.folds is 2, but group control has 1 scan(s)" in stopped.stdout + stopped.stderr
