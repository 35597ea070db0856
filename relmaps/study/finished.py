"""Settings that come from a finished study: one whose models are validated, or one whose figures are drawn again."""

from pathlib import Path

from packaging.version import Version

from relmaps.catalogue.renamed import read_provenance
from relmaps.io.errors import UserError

# What a scan must go through before a model may see it; the rest of `preprocess` is about this cohort.
OF_THE_MODELS = ("preset", "input_voxel_mm", "registration", "registration_voxel_mm", "iterations", "features")

FIRST_NAMES = Version("0.2.0")  # of files and columns as they are now


def take_models(config: dict) -> None:
    """Put the settings of the models of `external_validation` into a configuration that uses them.

    Preprocessing, the models and which of them there are come from provenance.json of the finished study. Controls and
    label permutations would have to be trained, so there are none. A template of one's own is named again, because its
    folder is not told there. Raises UserError if the folder holds no finished study.
    """
    theirs = _provenance(config, "external_validation")["config"]
    if theirs["external_validation"] is not None:
        raise UserError(
            f"config: external_validation {config['external_validation']}: that study has no models of its own; "
            f"give {theirs['external_validation']}"
        )
    images = config["preprocess"]["template"]["images"]
    config["preprocess"] |= {key: theirs["preprocess"][key] for key in OF_THE_MODELS}
    config["preprocess"]["template"] = theirs["preprocess"]["template"] | {"images": images}
    none = {"models": [], "inputs": [], "covariates": False}
    config["classify"] = theirs["classify"] | {"permute_labels": None, "permutations": [], "confound_models": none}


def take_all(config: dict) -> None:
    """Make a configuration that of the study in the folder `redraw`. Raises UserError as above.

    Also raises UserError if an earlier version made the study: its files and columns have other names.
    """
    provenance, folder = _provenance(config, "redraw"), config["redraw"]
    if Version(provenance["relmaps"]) < FIRST_NAMES:
        raise UserError(
            f"config: redraw {folder}: relmaps {provenance['relmaps']} made this study, and its files have other names "
            "(docs/renamed.md); draw it with that version"
        )
    config.clear()
    config.update(provenance["config"] | {"redraw": folder})


def _provenance(config: dict, key: str) -> dict:
    """Read provenance.json of the study whose results folder a key names, with the present names of settings."""
    folder = Path(config[key])
    try:
        provenance = read_provenance(folder / "provenance.json")
        theirs, _ = provenance["config"], Version(provenance["relmaps"])
        theirs["preprocess"], theirs["classify"], theirs["external_validation"]  # the oldest versions had others
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"config: {key} {folder}: no finished study of this version; give the folder that holds its "
            "provenance.json, such as results/demo"
        ) from None
    return provenance
