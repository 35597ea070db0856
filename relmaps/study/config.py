"""The study's configuration: checked against its schema, with errors that name the key and the remedy.

Imported by the Snakefile, so it needs nothing beyond what Snakemake brings.
"""

import copy
import difflib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from snakemake.utils import update_config

from relmaps import ROOT
from relmaps.catalogue.confounds import CONFOUND_INPUTS
from relmaps.catalogue.estimators import ESTIMATORS
from relmaps.catalogue.maps import HEATMAPS
from relmaps.catalogue.networks import NETWORKS
from relmaps.catalogue.references import REFERENCE_SOURCES, ReferenceSource, value_of
from relmaps.catalogue.renamed import refuse_renamed
from relmaps.catalogue.sources import SOURCES, Source
from relmaps.cohort.truth import find_truth
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing
from relmaps.io.tables import SCHEMAS
from relmaps.study.finished import take_all, take_models

FOLDER = ROOT / "config"
STAGES = ("cohort", "simulation", "preprocess", "classify", "relevance", "overlap")
DEFAULTS = (FOLDER / "config.yaml", *(FOLDER / "defaults" / f"{stage}.yaml" for stage in STAGES))
PRESETS = FOLDER / "defaults" / "presets.yaml"
REFERENCE_DEFAULTS = FOLDER / "defaults" / "reference.yaml"


def load_config(config: dict) -> dict:
    """The configuration itself, if it fits workflow/schemas/config.schema.yaml; UserError names the first wrong key.

    Keys that are missing get their defaults, those of config.yaml too: Snakemake reads no `configfile:` of a workflow
    that another one imports.
    Keys of `preprocess` that are null get the value of the preset, those that a reference lacks get its default.
    """
    refuse_renamed(config)
    _complete_all(config)
    _check_keys(config)
    if config["redraw"]:
        take_all(config)
        _complete_all(config)  # a key that an earlier version did not have
        _check_keys(config)
        return config  # which was checked before the study ran; its raw data need not be here
    if config["external_validation"]:
        take_models(config)
    _fill(config["preprocess"], _read(PRESETS)[config["preprocess"]["preset"]])
    for settings in config["reference"].values():
        _complete(settings, _read(REFERENCE_DEFAULTS))
        settings["path"] = _packaged(settings["path"])
    _check_cohort(config)
    _check_classify(config["classify"])
    _check_relevance(config["relevance"])
    _check_references(config)
    _check_files(config)
    for column, (low, high) in config["preprocess"]["exclude_on"].items():
        if low is not None and high is not None and low > high:
            raise UserError(f"config: preprocess.exclude_on.{column} is [{low}, {high}]; write the lower value first")
    primary, choices = config["overlap"]["primary"], config["overlap"]["multiverse"]
    for key, value in primary.items():
        if value not in choices[key]:
            raise UserError(
                f"config: overlap.primary.{key} is {value}, which is not in overlap.multiverse.{key}; add it there"
            )
    return config


def read_config(*paths: str | Path) -> dict:
    """Read configuration files; nothing is checked.

    Parameters
    ----------
    paths : files of a study, each laid over those before it; none for the default study.

    Returns
    -------
    dict : all keys, those that the files lack with their defaults.
    """
    config: dict = {}
    for path in paths:
        update_config(config, yaml.safe_load(Path(path).read_text(encoding="utf-8")))
    _complete_all(config)
    return config


def _complete_all(config: dict) -> None:
    """Add the defaults of all keys. Whichever file has a key, stages and their keys come in the order of the schema."""
    for path in DEFAULTS:
        _complete(config, _read(path))
    schema = read_schema()
    stages = _in_order(config, schema)
    config.clear()
    for stage, settings in stages.items():
        known = schema["properties"].get(stage, {})
        config[stage] = _in_order(settings, known) if isinstance(settings, dict) else settings


def _in_order(settings: dict, schema: dict) -> dict:
    return {key: settings[key] for key in [*schema.get("properties", {}), *settings] if key in settings}


def _read(path: Path) -> dict:
    """A copy of the content of a YAML file that does not change while a study is planned."""
    return copy.deepcopy(_parsed(path))


@cache
def _parsed(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def read_schema() -> dict:
    """The schema of the configuration, with the names that the catalogue has."""
    schema = _read(SCHEMAS / "config.schema.yaml")
    schema["$defs"] |= {
        "heatmap": {"enum": HEATMAPS},
        "network": {"enum": list(NETWORKS)},
        "linear": {"enum": list(ESTIMATORS)},
        "confound_input": {"enum": list(CONFOUND_INPUTS)},
        "source": _choices(SOURCES),
        "reference_source": _choices(REFERENCE_SOURCES),
    }
    return schema


def _choices(records: Mapping[str, Source] | Mapping[str, ReferenceSource]) -> dict:
    """The schema of the name of a source."""
    description = "; ".join(f"{name} {record.reads}" for name, record in records.items())
    return {"enum": list(records), "description": description}


def _check_keys(config: dict) -> None:
    error = best_match(Draft202012Validator(read_schema()).iter_errors(config))
    if error is not None:
        raise UserError(f"config: {_explain(error)}")


def _fill(settings: dict, defaults: dict) -> None:
    for key, value in defaults.items():
        if isinstance(value, dict):
            _fill(settings[key], value)
        elif settings[key] is None:
            settings[key] = value


def _complete(settings: dict, defaults: dict) -> None:
    """Add what is not there, after what is; a key that is null stays so."""
    own = copy.deepcopy(settings)
    update_config(settings, defaults)
    update_config(settings, own)


def _packaged(path: str | None) -> str | None:
    """The file or folder of this repository where the study's own folder has none of that name."""
    return str(ROOT / path) if path and not Path(path).exists() and (ROOT / path).exists() else path


def _check_cohort(config: dict) -> None:
    cohort = config["cohort"]
    name, source, atrophy = cohort["source"], SOURCES[cohort["source"]], cohort["synthetic_atrophy"]
    if source.input and not config["input"]:
        raise UserError(f"config: input is not set; add {source.input} on the command line, --config input=PATH")
    if config["input"] and not source.input:
        others = ", ".join(other for other, record in SOURCES.items() if record.input)
        raise UserError(
            f"config: input is {config['input']}, but a {name} cohort reads none; leave it out, or set cohort.source "
            f"({others}), as config/bids.yaml does"
        )
    if source.labels and cohort["labels"] != source.labels:
        raise UserError(f"config: cohort.labels of a {name} cohort must be {source.labels}; remove the key")
    if source.truth and atrophy is not None:
        raise UserError(f"config: cohort.synthetic_atrophy is for real scans; a {name} cohort has its disease already")
    if atrophy is not None and atrophy["regions"]["source"] != "ellipsoids" and not atrophy["regions"]["path"]:
        raise UserError(
            "config: cohort.synthetic_atrophy.regions.path is not set; "
            f"source {atrophy['regions']['source']} needs a file"
        )


def _check_classify(classify: dict) -> None:
    augmentation, scaling = classify["cnn"]["augmentation"], classify["cnn"]["input_scaling"]
    if augmentation is not None and scaling != "none":
        raise UserError(
            f"config: classify.cnn.augmentation cannot go with input_scaling {scaling}, which is that of scans that "
            "were not moved; set input_scaling to none"
        )
    if augmentation is not None and augmentation["zoom"][0] > augmentation["zoom"][1]:
        raise UserError("config: classify.cnn.augmentation.zoom: write the lower value first")
    known = [*classify["linear"]["models"], *classify["cnn"]["architectures"]]
    for model in classify["confound_models"]["models"]:
        if model not in known:
            raise UserError(f"config: classify.confound_models.models: {model} is not trained; use {', '.join(known)}")


def _check_relevance(relevance: dict) -> None:
    if "lrp_epsilon" in relevance["methods"] and relevance["lrp"]["batchnorm"] == "identity":
        raise UserError(
            "config: relevance.lrp.batchnorm: identity makes lrp_epsilon meaningless; "
            "set it to merged or leave lrp_epsilon out"
        )


def _check_references(config: dict) -> None:
    for name, settings in config["reference"].items():
        key, source = f"config: reference.{name}", REFERENCE_SOURCES[settings["source"]]
        if source.needs_truth and find_truth(config) is None:
            others = " or ".join(other for other, record in REFERENCE_SOURCES.items() if "path" in record.needs)
            raise UserError(f"{key}.source is {settings['source']}, but the cohort is not; use {others}")
        for needed, what in source.needs.items():
            if value_of(settings, needed) in (None, ""):
                raise UserError(f"{key}.{needed} is not set; source {settings['source']} needs {what}")
        if settings["correction"] != "fdr" and settings["iterations"] * settings["alpha"] < 1:
            raise UserError(
                f"{key}.iterations is {settings['iterations']}, too few for an alpha of {settings['alpha']:g}; "
                "set it to 1/alpha or more"
            )


def _check_files(config: dict) -> None:
    """Every file that a key names must be there before anything runs."""
    files = {
        f"cohort.{source.section}.{key}": config["cohort"][source.section][key]
        for source in SOURCES.values()
        for key in source.files
    }
    files["cohort.exclusion_list"] = config["cohort"]["exclusion_list"]
    if config["cohort"]["synthetic_atrophy"] is not None:
        regions = config["cohort"]["synthetic_atrophy"]["regions"]
        files["cohort.synthetic_atrophy.regions.path"] = None if regions["source"] == "ellipsoids" else regions["path"]
    for name, settings in config["reference"].items():
        source = REFERENCE_SOURCES[settings["source"]]
        files |= {f"reference.{name}.{key}": value_of(settings, key) for key in source.files}
        for key in source.folders:
            folder = value_of(settings, key)
            if folder and not Path(folder).is_dir():
                raise UserError(f"config: reference.{name}.{key} {folder}: {explain_missing(folder, 'folder')}")
    for name, settings in config["relevance"]["external_maps"].items():
        files[f"relevance.external_maps.{name}.path"] = settings["path"]
    files["relevance.region_occlusion.atlas"] = config["relevance"]["region_occlusion"]["atlas"]
    for name, path in (config["preprocess"]["template"]["images"] or {}).items():
        files[f"preprocess.template.images.{name}"] = path
    for key, path in files.items():
        if path and not Path(path).is_file():
            raise UserError(f"config: {key} {path}: {explain_missing(path)}")


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
