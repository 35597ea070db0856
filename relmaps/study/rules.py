"""The rules of the workflow as Snakemake reads them: their stage, and what they ask of the machine."""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relmaps import ROOT

PAGES = ("tables", "publication")  # folders of results that belong to the stage figures


@dataclass(frozen=True)
class Rule:
    """A rule with a script.

    stage : whose folder its logs lie in. memory_mb : of a job's first attempt. gpu : whether it uses one.
    """

    name: str
    stage: str
    memory_mb: int
    gpu: bool


def read_rules(files: Sequence[str | Path] = (), **settings: object) -> dict[str, Rule]:
    """Every rule of a study by its name. files, settings : as `--configfile` and `--config` of Snakemake."""
    with tempfile.TemporaryDirectory() as folder, open_workflow(files, settings, Path(folder)) as planned:
        return _rules_of(planned)


def plan_jobs(files: Sequence[str | Path], folder: Path, **settings: object) -> tuple[dict[str, Rule], dict[str, int]]:
    """The rules, and how many jobs of each a study takes from a fresh state.

    folder : where relative paths of the configuration start.
    """
    from snakemake.settings.types import DAGSettings

    with open_workflow(files, settings, folder) as planned:
        planned.dag(DAGSettings(forceall=True)).execute_workflow(executor="dryrun")
        rules = _rules_of(planned)
        jobs = Counter(job.rule.name for job in planned._workflow.dag.jobs)
        return rules, {name: jobs[name] for name in rules if name in jobs}


@contextmanager
def open_workflow(files: Sequence[str | Path], settings: dict, folder: Path) -> Iterator[Any]:
    """Snakemake's record of the workflow, which it reads inside the folder."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

    given = ConfigSettings(config={"study": "planned"} | settings, configfiles=[ROOT / path for path in files])
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        yield api.workflow(ResourceSettings(cores=2), given, snakefile=ROOT / "Snakefile", workdir=folder)


def _rules_of(planned: Any) -> dict[str, Rule]:
    return {rule.name: _rule(rule) for rule in planned._workflow.rules if rule.script}


def _rule(parsed: Any) -> Rule:
    folders = Path(parsed.log[0]).parts
    stage = folders[folders.index("logs") - 1]
    memory_mb = parsed.resources["mem_mb"].evaluate(None, attempt=1).value
    return Rule(parsed.name, "figures" if stage in PAGES else stage, memory_mb, "gpu" in parsed.resources)
