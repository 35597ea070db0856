"""Rules, scripts, tests, environments and documents fit together."""

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from relmaps import ROOT
from relmaps.catalogue.figures import DRAWN, FIGURES
from relmaps.catalogue.resources import REQUESTS
from relmaps.io.environment import CACHE, SUBMITTED
from relmaps.study.code import hash_code, import_closure
from tests.rules import read_names, read_rules, read_workflow

IMPORT_NAMES = {"pyyaml": "yaml", "antspyx": "ants", "scikit-learn": "sklearn", "pillow": "PIL"}

pytestmark = [pytest.mark.slow, pytest.mark.fault]

STAGES = ("cohort", "preprocess", "classify", "relevance", "reference", "overlap", "figures", "report")
GPU_RULES = {rule for rule, request in REQUESTS.items() if request.gpu}


def pins(path):
    """Version of each package, by its normalised name."""
    found = re.findall(r"^(?:\s+- )?([\w.-]+)==(\S+)$", Path(path).read_text(), re.M)
    return {canonicalize_name(name): version for name, version in found}


@pytest.fixture(scope="module")
def make(tmp_path_factory):
    """(*words) -> a finished `make` whose environment is the one that runs the tests."""
    environment = tmp_path_factory.mktemp("venv")
    for name in ("study", "ready"):
        (environment / name).touch()  # it needs no installation
    variables = (f"VENV={environment}", f"TEST_VENV={environment}", f"BIN={Path(sys.prefix) / 'bin'}")

    def run_make(*words):
        command = ["make", *variables, *words]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    return run_make


@pytest.fixture(scope="module")
def rules():
    return read_rules()


def test_a_rule_has_a_script_and_a_test_of_its_name(rules):
    assert {"simulate_scans", "preprocess_scans", "train_cnn", "explain_cnn", "bootstrap_map", "write_report"} < {
        *rules
    }
    for name, rule in rules.items():
        assert (ROOT / f"workflow/scripts/{name}.py").is_file(), name
        assert (ROOT / f"tests/scripts/test_{name}.py").is_file(), name
        script = "plot_figure" if hasattr(rule.params, "figure") else name  # which runs the script of the figure's name
        assert rule.script == f"../scripts/{script}.py", name
        if name != "write_provenance":  # which states the hash of all code
            assert rule.params.code == hash_code(f"workflow/scripts/{name}.py"), name


def test_a_rule_says_what_it_makes_and_needs(rules):
    for name, rule in rules.items():
        assert rule.message, name
        assert len(rule.log) == 1, name
        assert rule.benchmark, name
        assert rule.conda_env, name
        assert ("gpu" in rule.resources) == (name in GPU_RULES), name


def test_requests_name_rules_that_there_are(rules):
    assert {*REQUESTS} - {"default"} <= {*rules}


def test_memory_and_time_of_every_rule_grow_with_the_attempt(rules):
    for name, rule in rules.items():
        for asked in ("mem_mb", "runtime"):
            first, second = (rule.resources[asked].evaluate(None, attempt=attempt) for attempt in (1, 2))
            assert second.value == 2 * first.value, name


def test_a_rule_file_reads_no_name_of_another_but_common():
    names = {stage: read_names(ROOT / f"workflow/rules/{stage}.smk") for stage in STAGES}
    shared, _ = read_names(ROOT / "workflow/rules/common.smk")
    assert {"LAYOUT", "BATCHES"} < shared
    for stage, (own, read) in names.items():
        others = set().union(*(defined for other, (defined, _) in names.items() if other != stage))
        assert read & others - own - shared == set(), stage


def test_the_snakefile_prepares_the_environment_of_its_jobs(monkeypatch):
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ |= {"MPLBACKEND": "module://matplotlib_inline.backend_inline", SUBMITTED: "1"}
    read_workflow.__wrapped__()  # which is not kept from another test
    assert os.environ["MPLBACKEND"] == "Agg"
    assert SUBMITTED not in os.environ


def test_the_slurm_profile_names_rules_that_there_are_and_all_that_want_a_gpu(rules):
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    assert set(profile["set-resources"]) == set(GPU_RULES)
    assert set(profile["groups"]) < set(rules)


def test_the_plugin_for_slurm_fits_the_requirements():
    """requirements-slurm.txt is installed without its dependencies, which must be in requirements.txt."""
    assert not set(pins(ROOT / "requirements-slurm.txt")) & set(pins(ROOT / "requirements.txt"))
    assert {"numpy", "pandas", "pyyaml", "throttler", "snakemake-interface-executor-plugins"} <= set(
        pins(ROOT / "requirements.txt")
    )


@pytest.mark.parametrize(("extra", "lock"), [(None, ""), ("test", "-dev"), ("slurm", "-slurm")])
def test_the_lock_has_a_version_within_each_range(extra, lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ranges = project["dependencies"] if extra is None else project["optional-dependencies"][extra]
    locked = pins(ROOT / f"requirements{lock}.txt")
    for asked in map(Requirement, ranges):
        assert locked[canonicalize_name(asked.name)] in asked.specifier, asked


def test_tests_run_with_the_versions_of_the_study():
    assert pins(ROOT / "requirements.txt").items() <= pins(ROOT / "requirements-dev.txt").items()


def test_hooks_have_the_versions_of_the_lock():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    versions = {hook["id"]: repository["rev"].lstrip("v") for repository in hooks for hook in repository["hooks"]}
    locked = pins(ROOT / "requirements-dev.txt")
    assert versions == {name: locked[name.removesuffix("-check").removesuffix("-format")] for name in versions}


def test_the_automatic_checks_call_targets_that_there_are(make):
    jobs = yaml.safe_load((ROOT / ".github/workflows/main.yml").read_text())["jobs"].values()
    steps = [step["run"] for job in jobs for step in job["steps"] if step.get("run", "").startswith("make ")]
    assert {step.split()[1] for step in steps} == {"lint", "test-fast", "test", "test-all"}
    for step in steps:
        assert make("-n", *step.split()[1:]).returncode == 0, step


def test_users_targets_call_the_command_as_they_should(make):
    targets = {
        "study": "relmaps run --config 'config/config.yaml'",
        "resume": "relmaps resume --config 'config/config.yaml'",
        "dag": "relmaps run --config 'config/config.yaml'",
        "figures": "relmaps figures",
        "dryrun-bids": "config/dryrun.yaml",
        "verify": "relmaps verify --config 'config/config.yaml'",
        "plan": "relmaps plan --config 'config/config.yaml'",
    }
    for target, words in targets.items():
        run = make("-n", target)
        assert run.returncode == 0, run.stderr
        assert words in run.stdout, target


@pytest.mark.parametrize("path", ["/a b", "/it's", '/a "b"', "/a$b", "/a#b", "/a,b", "/(a)=b", "/a: b", "/a;b", "/ö"])
@pytest.mark.parametrize(
    ("target", "variable"),
    [
        *((target, "INPUT") for target in ("study", "resume", "plan", "dag")),
        *((target, "CONFIG") for target in ("study", "resume", "plan", "dag", "verify", "figures")),
        *(("figures", "STUDY"), ("dryrun-bids", "BIDS")),
    ],
)
def test_a_path_stays_one_word_on_its_way_through_make(make, target, variable, path):
    run = make("-n", target, f"{variable}={path}")
    assert run.returncode == 0, run.stderr
    (line,) = [line for line in run.stdout.replace("\\\n", "").splitlines() if "bin/relmaps " in line]
    assert path in shlex.split(line.removeprefix("@"))


@pytest.mark.parametrize("recipe", ["Dockerfile", "relmaps.def"])
def test_a_container_gets_the_requirements_and_all_that_the_workflow_reads(recipe):
    text = (ROOT / "containers" / recipe).read_text()
    assert "pip install --no-cache-dir -r /relmaps/requirements.txt" in text
    for name in ("Snakefile", "workflow", "relmaps", "config", "envs", "profiles", "resources"):
        assert re.search(rf"^ *(COPY )?{name} /relmaps/({name})?$", text, re.M), name


@pytest.mark.parametrize("recipe", ["Dockerfile", "relmaps.def"])
def test_a_container_keeps_caches_where_it_may_write_and_the_user_s_packages_outside(recipe):
    text = (ROOT / "containers" / recipe).read_text()
    assert re.search(rf"XDG_CACHE_HOME=\S+/{re.escape(str(CACHE))}\b", text)
    assert "PYTHONNOUSERSITE=1" in text


def test_every_figure_is_in_the_catalogue():
    drawn = {path.stem for path in (ROOT / "workflow/scripts").glob("plot_*.py")} - {
        "plot_mosaic",
        "plot_figure",
        "plot_scans",
    }
    assert drawn == {f"plot_{name}" for name in DRAWN}


def test_every_figure_gives_snakemake_s_report_its_caption(rules):
    assert "{{ snakemake.params.caption }}" in (ROOT / "workflow/report/figure.rst").read_text()
    for name in DRAWN:
        assert rules[f"plot_{name}"].params.caption == FIGURES[name].caption, name


def test_no_script_is_without_a_rule(rules):
    assert {path.stem for path in (ROOT / "workflow/scripts").glob("*.py")} == {*rules, "plot_figure"}


@pytest.mark.parametrize("env", ["imaging", "torch", "reference", "figures"])
def test_an_environment_has_the_pins_of_the_requirements(env):
    required, own = pins(ROOT / "requirements.txt"), pins(ROOT / f"envs/{env}.yaml")
    assert own
    assert own == {name: required[name] for name in own}
    assert "python=3.11" in yaml.safe_load((ROOT / f"envs/{env}.yaml").read_text())["dependencies"]


def test_an_environment_lists_all_that_its_scripts_import(rules):
    listed = {
        path.stem: {IMPORT_NAMES.get(package, package) for package in pins(path)}
        for path in (ROOT / "envs").glob("*.yaml")
    }
    for name, rule in rules.items():
        imported = set()
        for path in import_closure(ROOT / f"workflow/scripts/{name}.py"):
            imported |= list_imports(path)
        env = Path(str(rule.conda_env)).stem
        assert imported - set(sys.stdlib_module_names) - {"relmaps"} <= listed[env], name


@cache
def list_imports(path):
    """Top packages that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {name.split(".")[0] for name in (*plain, *(n.module for n in nodes if isinstance(n, ast.ImportFrom)))}
