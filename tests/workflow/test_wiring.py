"""Rules, scripts, tests, environments and documents fit together."""

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from relmaps.code import ROOT, import_closure
from tests.adni_tree import write_adni_tree
from tests.bids_tree import write_bids_tree

RULES = {
    name: body
    for path in sorted((ROOT / "workflow/rules").glob("*.smk"))
    for name, body in re.findall(r"^rule (\w+):\n((?:(?:    .*)?\n)+)", path.read_text(), re.M)
}
IMPORT_NAMES = {
    "PyYAML": "yaml",
    "antspyx": "ants",
    "scikit-learn": "sklearn",
    "Jinja2": "jinja2",
    "MarkupSafe": "markupsafe",
    "pillow": "PIL",
}

GPU_RULES = ("train_cnn", "explain_cnn", "apply_models", "check_heatmap", "map_permutation")

# What the default settings have no use for.
ELSEWHERE = {
    *("convert_dicom", "draw_injection", "inject_atrophy", "permute_labels", "gather_null", "apply_models"),
    *("map_permutation", "score_permutations", "write_subject_maps"),
    *("select_foci", "import_map", "tabulate_growth", "plot_growth", "number_figures"),
}


def pins(path):
    return dict(re.findall(r"^(?:\s+- )?([\w.-]+)==(\S+)$", Path(path).read_text(), re.M))


def dry_run(*arguments):
    command = [sys.executable, "-m", "snakemake", "-n", "--cores", "2", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def counts(run):
    assert run.returncode == 0, run.stderr
    return {name: int(number) for name, number in re.findall(r"^(\w+) +(\d+)$", run.stdout + run.stderr, re.M)}


def test_there_are_rules_to_test():
    assert {"simulate_scans", "preprocess_scans", "train_cnn", "explain_cnn", "bootstrap_map", "write_report"} <= set(
        RULES
    )


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_a_script_and_a_test_of_its_name(name):
    assert (ROOT / f"workflow/scripts/{name}.py").is_file()
    assert f'"../scripts/{name}.py"' in RULES[name]
    assert f'code_of("workflow/scripts/{name}.py")' in RULES[name] or "code=code_hash()" in RULES[name]
    assert (ROOT / f"tests/scripts/test_{name}.py").is_file()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_makes_and_needs(name):
    for directive in ("message", "output", "log", "benchmark", "conda", "threads", "resources", "params"):
        assert re.search(rf"^    {directive}:", RULES[name], re.M), directive
    assert re.search(r"mem_mb=", RULES[name])
    assert re.search(r"runtime=", RULES[name])
    assert ("gpu=1" in RULES[name]) == (name in GPU_RULES)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_grows_with_the_attempt(name):
    resources = re.search(r"    resources:\n((?:        .*\n)+)", RULES[name])[1]
    assert re.findall(r"(\w+)=growing\(", resources) == ["mem_mb", "runtime"]


def test_the_slurm_profile_names_rules_that_there_are_and_all_that_want_a_gpu():
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    assert set(profile["set-resources"]) == set(GPU_RULES)
    assert set(profile["groups"]) < set(RULES)


def test_the_plugin_for_slurm_fits_the_requirements():
    """requirements-slurm.txt is installed without its dependencies, which must be in requirements.txt."""
    assert not set(pins(ROOT / "requirements-slurm.txt")) & set(pins(ROOT / "requirements.txt"))
    assert {"numpy", "pandas", "PyYAML", "throttler", "snakemake-interface-executor-plugins"} <= set(
        pins(ROOT / "requirements.txt")
    )


def test_the_automatic_checks_call_targets_that_there_are():
    makefile = (ROOT / "Makefile").read_text()
    called = re.findall(r"run: make ([\w-]+)", (ROOT / ".github/workflows/main.yml").read_text())
    assert set(called) == {"lint", "test"}
    assert set(called) <= set(re.findall(r"^([\w-]+):", makefile, re.M))


@pytest.mark.parametrize("recipe", ["Dockerfile", "relmaps.def"])
def test_a_container_gets_the_requirements_and_all_that_the_workflow_reads(recipe):
    text = (ROOT / "containers" / recipe).read_text()
    assert "pip install --no-cache-dir -r /relmaps/requirements.txt" in text
    for name in ("Snakefile", "workflow", "relmaps", "config", "envs", "profiles", "resources"):
        assert re.search(rf"^ *(COPY )?{name} /relmaps/({name})?$", text, re.M), name


def test_make_figures_runs_every_rule_that_draws_from_tables_and_maps():
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    drawing = re.search(r"^DRAWING = (.*)$", makefile, re.M).group(1).split()
    drawn = {name for name in RULES if name.startswith("plot_")} - {"plot_mosaic"}  # which reads the scans
    assert set(drawing) == drawn | {"write_tables", "write_report", "number_figures"}


def test_no_script_is_without_a_rule():
    assert {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")} == set(RULES)


@pytest.mark.parametrize("env", ["imaging", "torch", "reference", "figures"])
def test_an_environment_has_the_pins_of_the_requirements(env):
    required, own = pins(ROOT / "requirements.txt"), pins(ROOT / f"envs/{env}.yaml")
    assert own
    assert own == {name: required[name] for name in own}
    assert "python=3.11" in yaml.safe_load((ROOT / f"envs/{env}.yaml").read_text())["dependencies"]


@pytest.mark.parametrize("name", RULES)
def test_an_environment_lists_all_that_its_scripts_import(name):
    env = re.search(r'"\.\./\.\./envs/(\w+)\.yaml"', RULES[name])[1]
    listed = {IMPORT_NAMES.get(package, package) for package in pins(ROOT / f"envs/{env}.yaml")}
    imported = set()
    for path in import_closure(ROOT / f"workflow/scripts/{name}.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module.split(".")[0])
    assert imported - set(sys.stdlib_module_names) - {"relmaps"} <= listed


def test_the_default_study_plans_every_scan_and_stage():
    planned = counts(dry_run("--forceall", "--config", "study=planned"))
    assert planned["simulate_scans"] == 4
    assert planned["preprocess_scans"] == 8
    assert planned["train_cnn"] == 5
    assert planned["explain_cnn"] == 20
    assert planned["draw_null"] == planned["pool_map"] == 11
    assert planned["bootstrap_map"] == 9, "all but those that are the same for every cohort"
    assert planned["pool_variants"] == 4
    assert planned["check_heatmap"] == 3
    assert set(planned) - {"total", "all"} == set(RULES) - ELSEWHERE


def test_the_full_demo_trains_every_network_seed_and_permutation():
    planned = counts(dry_run("--forceall", "--configfile", "config/full-demo.yaml"))
    networks, seeds, folds, permutations, controls = 3, 3, 5, 20, 2
    assert planned["train_cnn"] == folds * (networks * seeds + permutations + controls)
    assert planned["fit_linear"] == (2 + 2) * (1 + permutations)
    assert planned["permute_labels"] == permutations
    assert planned["map_permutation"] == permutations
    assert planned["gather_null"] == planned["score_permutations"] == 1


def test_the_paper_s_study_trains_its_32_networks(tmp_path):
    people = [(None, f"0{n:02d}_S_{n:04d}", "AD" if n % 2 else "CN", 70 + n, "F") for n in range(1, 13)]
    write_adni_tree(tmp_path, people)
    files = ["--configfile", "config/adni.yaml", "config/paper.yaml"]
    planned = counts(dry_run(*files, "--config", f"input={tmp_path}"))
    assert planned["train_cnn"] == 32 * 5


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


def test_a_bids_folder_is_planned_for_every_scan(dataset):
    planned = counts(dry_run("--configfile", "config/bids.yaml", "--config", f"input={dataset}"))
    assert planned["preprocess_scans"] == 30
    assert "simulate_scans" not in planned
    assert "build_truth" not in planned
    assert planned["write_report"] == 1


def test_make_dryrun_bids_shows_every_scan_and_stage(tmp_path):
    write_bids_tree(tmp_path, 300)
    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    recipe = re.search(r"^dryrun-bids:.*\n\t\$\(BIN\)/snakemake -n (.*)$", makefile, re.M)[1]
    planned = counts(dry_run(*shlex.split(recipe.replace("$(BIDS)", str(tmp_path)).replace("$(CORES)", "2"))))
    assert planned["preprocess_scans"] == 300
    assert planned["draw_scans"] == 15, "twenty pictures a job"
    of_the_simulation = {"simulate_participants", "simulate_scans", "simulate_truth", "build_truth", "plot_truth"}
    assert set(planned) - {"total", "all"} == set(RULES) - ELSEWHERE - of_the_simulation


def test_known_atrophy_is_planned_for_every_control_and_has_a_truth(dataset):
    mine = {"labels": {"disease": "depr"}, "covariates": {"sex": "gender"}}
    (dataset / "mine.yaml").write_text(yaml.safe_dump({"cohort": mine}))
    files = ["--configfile", "config/injected.yaml", str(dataset / "mine.yaml")]
    planned = counts(dry_run(*files, "--config", f"input={dataset}"))
    assert planned["inject_atrophy"] == planned["preprocess_scans"] == 15
    assert planned["draw_injection"] == planned["simulate_truth"] == planned["build_truth"] == 1


def test_an_adni_download_is_planned_from_its_tree_and_table(tmp_path):
    people = [(None, f"0{n:02d}_S_{n:04d}", "AD" if n % 2 else "CN", 70 + n, "F") for n in range(1, 13)]
    tree = write_adni_tree(tmp_path, people)
    for image_id in ("I6", "I10", "I50"):  # of those taken
        (nifti,) = tmp_path.rglob(f"*_{image_id}.nii")
        nifti.rename(nifti.with_suffix(".dcm"))
    planned = counts(dry_run("--configfile", "config/adni.yaml", "--config", f"input={tmp_path}"))
    assert planned["preprocess_scans"] == len(tree.taken) == 12
    assert planned["convert_dicom"] == 3
    assert "simulate_truth" not in planned


def test_scans_of_any_name_are_planned(tmp_path):
    names = ["with space.nii", "é日本 [1] (2).nii", 'it\'s "quoted", 100 % #1 a=b;*?$.nii']
    rows = ["participant\tpath\tgroup\tage\tsex"]
    for number in range(1, 13):
        path = tmp_path / "my scans" / str(number) / names[number % 3]
        path.parent.mkdir(parents=True)
        path.touch()
        quoted = str(path.relative_to(tmp_path)).replace('"', '""')
        rows.append(f'p{number}\t"{quoted}"\t{"AD" if number % 2 else "CN"}\t70\tf')
    (tmp_path / "scans.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    planned = counts(dry_run("--configfile", "config/table.yaml", "--config", f"input={tmp_path / 'scans.tsv'}"))
    assert planned["preprocess_scans"] == 12
    assert planned["write_report"] == 1


def test_a_table_of_dicom_folders_with_odd_names_is_converted_first(tmp_path):
    rows = ["participant,folder,group,age,sex"]
    for number in range(1, 13):
        folder = tmp_path / f"[{number}] größe 'a' (b)"
        folder.mkdir()
        (folder / "1.dcm").touch()
        rows.append(f"p{number},{folder.name},{'AD' if number % 2 else 'CN'},70,f")
    (tmp_path / "my scans.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    run = dry_run("--configfile", "config/dicom.yaml", "--config", f"input={tmp_path / 'my scans.csv'}")
    planned = counts(run)
    assert planned["convert_dicom"] == planned["preprocess_scans"] == 12


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--config", "colour=red"], "unknown key colour"),
        (["--configfile", "config/bids.yaml"], "input is not set"),
        (["--configfile", "config/bids.yaml", "--config", "input=/nowhere"], "input /nowhere: no such folder"),
        (["--config", "reference={meta_analysis: {source: sleuth, path: no.txt}}"], "no.txt: no such file"),
    ],
)
def test_a_mistake_is_one_clear_line_before_anything_runs(arguments, words):
    run = dry_run(*arguments)
    assert run.returncode != 0
    assert words in run.stdout + run.stderr
    assert "Traceback" not in run.stdout + run.stderr


def test_a_participant_twice_is_named(dataset):
    with open(dataset / "participants.tsv", "a") as table:
        table.write("sub-01\t41\tf\tdepr\n")
    run = dry_run("--configfile", "config/bids.yaml", "--config", f"input={dataset}")
    assert run.returncode != 0
    assert "participants.tsv: participant sub-01 stands twice" in run.stdout + run.stderr


def test_a_group_with_fewer_scans_than_folds_is_named_before_anything_runs(dataset):
    path = dataset / "participants.tsv"
    path.write_text("".join(line for line in path.open() if "control" not in line or "sub-02" in line))
    run = dry_run("--configfile", "config/bids.yaml", "--config", f"input={dataset}")
    assert run.returncode != 0
    assert "classify.folds is 2, but group control has 1 scan(s)" in run.stdout + run.stderr
