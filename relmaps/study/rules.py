"""The rules of the workflow as Snakemake reads them: their stage, and what they ask of the machine."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from relmaps import ROOT

PAGES = ("tables", "publication")  # folders of results that belong to the stage figures


@dataclass(frozen=True)
class Rule:
    """A rule with a script.

    stage : whose folder its logs lie in. memory_mb, runtime_min : of a job's first and second attempt. gpu : whether it
    uses one. parsed : Snakemake's own record.
    """

    name: str
    stage: str
    memory_mb: tuple[int, int]
    runtime_min: tuple[int, int]
    gpu: bool
    parsed: Any


def read_rules(files: Sequence[str | Path] = (), **settings: object) -> dict[str, Rule]:
    """Every rule of a study by its name. files, settings : as `--configfile` and `--config` of Snakemake."""
    from snakemake.api import SnakemakeApi
    from snakemake.settings.types import ConfigSettings, OutputSettings, Quietness, ResourceSettings

    given = ConfigSettings(config={"study": "planned"} | settings, configfiles=[(ROOT / path) for path in files])
    with tempfile.TemporaryDirectory() as folder, SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        planned = api.workflow(ResourceSettings(cores=2), given, snakefile=ROOT / "Snakefile", workdir=Path(folder))
        return {rule.name: _rule(rule) for rule in planned._workflow.rules if rule.script}


def _rule(parsed: Any) -> Rule:
    def asked(resource: str) -> tuple[int, int]:
        first, second = (parsed.resources[resource].evaluate(None, attempt=attempt).value for attempt in (1, 2))
        return first, second

    folders = Path(parsed.log[0]).parts
    stage = folders[folders.index("logs") - 1]
    return Rule(
        parsed.name,
        "figures" if stage in PAGES else stage,
        asked("mem_mb"),
        asked("runtime"),
        "gpu" in parsed.resources,
        parsed,
    )
