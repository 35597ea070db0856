"""Trained classifiers on disk: safetensors, so that reading a file never runs code from it."""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from relmaps.classify.checkpoint_metadata import METADATA
from relmaps.classify.networks import Network, build_network
from relmaps.classify.scaling import Scaling
from relmaps.io.errors import UserError
from relmaps.io.files import explain_missing, replacing
from relmaps.io.machine import raise_fault


@dataclass(frozen=True, eq=False)
class Classifier:
    """A network in evaluation mode, the scaling of its input, and what is known about its training.

    metadata : architecture, grid_shape, and whatever else was given to save_classifier (model, fold, seed, ...).
    """

    network: Network
    scaling: Scaling
    metadata: dict


def save_classifier(path: str | Path, network: Network, scaling: Scaling, metadata: dict) -> None:
    """Write weights, scaling and metadata: plain values, reading needs `architecture` and `grid_shape`."""
    tensors = {f"network.{name}": value.cpu().contiguous() for name, value in network.state_dict().items()}
    tensors["scaling.mean"] = torch.from_numpy(scaling.mean)
    tensors["scaling.scale"] = torch.from_numpy(scaling.scale)
    with replacing(path) as temporary:
        save_file(tensors, temporary, metadata={METADATA: json.dumps(metadata, sort_keys=True)})


def load_classifier(path: str | Path) -> Classifier:
    """Read what save_classifier wrote; UserError that names the file if it is missing, damaged or not of ours."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = json.loads((file.metadata() or {})[METADATA])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        mean, scale = tensors.pop("scaling.mean"), tensors.pop("scaling.scale")
        network = build_network(metadata["architecture"], metadata["grid_shape"], seed=0)
        network.load_state_dict({name.removeprefix("network."): value for name, value in tensors.items()})
        if list(mean.shape) not in ([], metadata["grid_shape"]) or mean.shape != scale.shape:
            raise ValueError(f"scaling of shape {tuple(mean.shape)}")
    except FileNotFoundError:
        raise UserError(f"{path}: {explain_missing(path, 'weights', 'run the rule train_cnn')}") from None
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, RuntimeError, UserError) as error:
        raise_fault(error, path)
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{path}: not the weights of a network of this study ({reason}); delete it and rerun") from None
    return Classifier(network.eval(), Scaling(mean.numpy(), scale.numpy()), metadata)
