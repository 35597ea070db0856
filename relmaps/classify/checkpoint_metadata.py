"""What a weights file says of itself, read without torch and without the weights."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from safetensors import SafetensorError, safe_open

from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing, hash_file
from relmaps.io.machine import raise_fault

# All metadata stands in one entry: safetensors writes several in random order, and bytes would differ between runs.
METADATA = "relmaps"
NEEDED = {"model", "fold", "seed", "epoch", "feature", "grid_shape"}
NOT_TRAINED = ("running_mean", "running_var", "num_batches_tracked")  # of BatchNorm: counted, not learnt


@dataclass(frozen=True)
class Weights:
    """What a weights file says of itself. n_parameters : learnt numbers. z_scored : whether it scales its input."""

    file: str
    sha256: str
    metadata: dict
    n_parameters: int
    z_scored: bool

    @property
    def key(self) -> tuple[str, str, int]:
        """Model, fold and seed."""
        return self.metadata["model"], str(self.metadata["fold"]), int(self.metadata["seed"])

    @property
    def architecture(self) -> str:
        """Its name for relmaps.catalogue.networks; older files have it as the model."""
        return self.metadata.get("architecture", self.metadata["model"])


def read_weights(path: str | Path) -> Weights:
    """The head of a safetensors file of relmaps.classify.weights; UserError if it is missing or not one."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = json.loads((file.metadata() or {})[METADATA])
            if missing := NEEDED - metadata.keys():
                raise KeyError(f"{', '.join(sorted(missing))} not given")
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118 (not a dict)
        learnt = [shape for name, shape in shapes.items() if name.startswith("network.") and not _is_statistic(name)]
        count = sum(math.prod(shape) for shape in learnt)
        found = Weights(Path(path).name, hash_file(path), metadata, count, bool(shapes["scaling.mean"]))
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'weights', 'run the rule train_cnn')}") from None
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise_fault(error, path)
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not the weights of a network of this study ({reason}); delete it and rerun") from None
    return found


def _is_statistic(name: str) -> bool:
    return name.rpartition(".")[2] in NOT_TRAINED
