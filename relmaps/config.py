"""The study's configuration: checked against its schema, with errors that name the key and the remedy.

Imported by the Snakefile, so it needs nothing beyond what Snakemake brings.
"""

import difflib
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from relmaps.errors import UserError
from relmaps.tables import SCHEMAS

SIMULATED_LABELS = {"column": "diagnosis", "disease": "AD", "control": "CN"}


def load_config(config: dict) -> dict:
    """The configuration itself, if it fits workflow/schemas/config.schema.yaml; UserError names the first wrong key."""
    schema = yaml.safe_load((SCHEMAS / "config.schema.yaml").read_text(encoding="utf-8"))
    error = best_match(Draft202012Validator(schema).iter_errors(config))
    if error is not None:
        raise UserError(f"config: {_explain(error)}")
    if config["cohort"]["source"] == "bids" and not config["input"]:
        raise UserError("config: input is not set; add the BIDS folder on the command line, --config input=FOLDER")
    if config["cohort"]["source"] == "simulated" and config["cohort"]["labels"] != SIMULATED_LABELS:
        raise UserError(f"config: cohort.labels of a simulated cohort must be {SIMULATED_LABELS}; remove the key")
    meta_analysis = config["reference"]["meta_analysis"]
    if meta_analysis["source"] == "simulated" and config["cohort"]["source"] != "simulated":
        raise UserError(
            "config: reference.meta_analysis.source is simulated, but the cohort is not; use sleuth or nifti"
        )
    if meta_analysis["source"] != "simulated" and not meta_analysis["path"]:
        raise UserError(
            f"config: reference.meta_analysis.path is not set; source {meta_analysis['source']} needs a file"
        )
    if meta_analysis["path"] and not Path(meta_analysis["path"]).is_file():
        raise UserError(f"config: reference.meta_analysis.path {meta_analysis['path']}: no such file; check the path")
    if meta_analysis["source"] == "nifti" and meta_analysis["threshold"] is None:
        raise UserError(
            "config: reference.meta_analysis.threshold is not set; source nifti needs the value of its mask"
        )
    headline, sweep = config["overlap"]["headline"], config["overlap"]["sweep"]
    for key, value in headline.items():
        if value not in sweep[key]:
            raise UserError(
                f"config: overlap.headline.{key} is {value}, which is not in overlap.sweep.{key}; add it there"
            )
    return config


def _explain(error: ValidationError) -> str:
    where = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = error.schema["properties"]
        unknown = sorted(map(str, set(error.instance) - set(known)))
        near = difflib.get_close_matches(unknown[0], known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known keys are {', '.join(known)}"
        return f"unknown key {'.'.join(filter(None, [where, unknown[0]]))}; {hint}"
    description = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return f"{where or 'the file'}: {error.message}" + (f" ({description})" if description else "")
