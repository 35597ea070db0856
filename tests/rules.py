"""The workflow's rules as Snakemake reads them, and the names that its rule files define and use."""

import ast
import tempfile
from functools import cache
from pathlib import Path

import snakemake.api  # noqa: F401 - the next modules import each other, and this one does so in an order that works
from snakemake.parser import parse
from snakemake.rules import Rule
from snakemake.sourcecache import LocalSourceFile
from snakemake.workflow import Workflow

from relmaps.study.rules import open_workflow


@cache
def read_workflow() -> Workflow:
    """The workflow of the embedded default; no job is planned."""
    with tempfile.TemporaryDirectory() as folder, open_workflow((), {}, Path(folder)) as planned:
        return planned._workflow


def read_rules() -> dict[str, Rule]:
    """Every rule that makes files, by its name."""
    return {rule.name: rule for rule in read_workflow().rules if rule.output}


def read_names(path: Path) -> tuple[set[str], set[str]]:
    """Names that a rule file defines, and those that it reads."""
    code, _ = parse(LocalSourceFile(str(path)), read_workflow(), {})
    nodes = list(ast.walk(ast.parse(code)))
    names = [node for node in nodes if isinstance(node, ast.Name)]
    imports = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    defined = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return defined | {alias.asname or alias.name for alias in imports}, {
        node.id for node in names if isinstance(node.ctx, ast.Load)
    }
