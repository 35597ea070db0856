"""Settings of a study that applies the models of a finished one."""

from pathlib import Path

from relmaps.errors import UserError
from relmaps.files import read_json

# What a scan must go through before a model may see it; the rest of `preprocess` is about this cohort.
OF_THE_MODELS = ("preset", "input_voxel_mm", "registration", "registration_voxel_mm", "iterations", "features")


def take_settings(config: dict) -> None:
    """Put the settings of the models of `apply` into a configuration that uses them.

    Preprocessing, the models and which of them there are come from provenance.json of the finished study. Controls and
    label permutations would have to be trained, so there are none. A template of one's own is named again, because its
    folder is not told there. Raises UserError if the folder holds no finished study.
    """
    folder = Path(config["apply"])
    try:
        theirs = read_json(folder / "provenance.json")["config"]
        preprocess, classify = theirs["preprocess"], theirs["classify"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            f"config: apply {folder}: no finished study of this version; give the folder that holds its "
            "provenance.json, such as results/demo"
        ) from None
    if theirs["apply"] is not None:
        raise UserError(f"config: apply {folder}: that study has no models of its own; give {theirs['apply']}")
    images = config["preprocess"]["template"]["images"]
    config["preprocess"] |= {key: preprocess[key] for key in OF_THE_MODELS}
    config["preprocess"]["template"] = preprocess["template"] | {"images": images}
    none = {"models": [], "inputs": [], "covariates": False}
    config["classify"] = classify | {"permute_labels": None, "permutations": [], "controls": none}
