"""The state of a training between two epochs, as safetensors: a killed job goes on, and nothing is unpickled."""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from relmaps.classify.checkpoint_metadata import METADATA
from relmaps.io.files import replacing
from relmaps.io.machine import raise_fault

log = logging.getLogger("relmaps")


@dataclass(eq=False)
class State:
    """Where a training stands after an epoch.

    history : rows of the history table. kept, lowest, kept_weights : the epoch kept so far, its validation loss and the
    network's state. parts : pieces that a batch is split into, more than 1 after memory ran out.
    """

    epoch: int = 0
    history: list[list[float]] = field(default_factory=list)
    kept: int = 0
    lowest: float = float("inf")
    kept_weights: dict[str, Tensor] = field(default_factory=dict)
    parts: int = 1


def save_checkpoint(path: str | Path, identity: str, state: State, network, optimiser, schedule) -> None:
    """Write everything that the next epoch depends on. identity : fingerprint of the training (data, recipe, code).

    Random numbers are drawn anew from the seed in each epoch, so that no generator's state is needed.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"kept.{name}": value for name, value in state.kept_weights.items()}
    optimiser_state = optimiser.state_dict()
    for parameter, values in optimiser_state["state"].items():
        tensors |= {f"optimiser.{parameter}.{name}": value for name, value in values.items()}
    known = {
        "identity": identity,
        "epoch": state.epoch,
        "history": state.history,
        "kept": state.kept,
        "lowest": state.lowest,
        "parts": state.parts,
        "groups": optimiser_state["param_groups"],
        "schedule": schedule.state_dict(),
    }
    with replacing(path) as temporary:
        tensors = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
        save_file(tensors, temporary, metadata={METADATA: json.dumps(known)})


def load_checkpoint(path: str | Path, identity: str, network, optimiser, schedule) -> State | None:
    """Put network, optimiser and schedule where a checkpoint left them; None, and nothing touched, without one.

    A checkpoint of another training (data, recipe or code have changed) or a damaged one is not used; the log says so.
    """
    if not Path(path).is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            known = json.loads((file.metadata() or {})[METADATA])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
        if known["identity"] != identity:
            log.info("the checkpoint is of another training: starting anew")
            return None
        weights: dict[str, Tensor] = {}
        kept: dict[str, Tensor] = {}
        moments: dict[str, Tensor] = {}
        for name, value in tensors.items():
            part, _, rest = name.partition(".")
            {"network": weights, "kept": kept, "optimiser": moments}[part][rest] = value
        state = State(known["epoch"], known["history"], known["kept"], known["lowest"], kept, known["parts"])
        if set(weights) != set(network.state_dict()) or not set(kept) <= set(weights):
            raise ValueError("tensors are missing")
        groups, plan = known["groups"], known["schedule"]
    except (SafetensorError, OSError, ValueError, KeyError, TypeError) as error:
        raise_fault(error, path)
        log.warning("the checkpoint cannot be read (%s): starting anew", " ".join(str(error).split())[:200])
        return None
    per_parameter: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        number, _, key = name.partition(".")
        per_parameter.setdefault(int(number), {})[key] = value
    network.load_state_dict(weights)
    optimiser.load_state_dict({"state": per_parameter, "param_groups": groups})
    schedule.load_state_dict(plan)
    log.info("resuming after epoch %d", state.epoch)
    return state
