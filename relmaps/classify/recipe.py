"""How a network is trained, as data: the keys of classify.cnn."""

from dataclasses import dataclass, field

from relmaps.classify.augmentation import Augmentation


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; the keys of classify.cnn.

    epochs : at most. epoch_selection : validation keeps the epoch with the lowest validation loss, last the last one.
    patience : training ends after this many epochs without a lower validation loss; None for never.
    optimiser : adamw (decoupled weight decay, Loshchilov & Hutter 2019) or adam (weight decay as an L2 penalty).
    schedule : one_cycle (Smith & Topin 2018), whose peak is learning_rate, or constant.
    input_scaling : z_score by the training part, or none. augmentation : None for none.
    precision : float32, bf16 (autocast), or auto, which is bf16 on a GPU.
    """

    epochs: int
    epoch_selection: str
    batch_size: int
    learning_rate: float
    weight_decay: float
    optimiser: str = "adamw"
    schedule: str = "one_cycle"
    patience: int | None = None
    input_scaling: str = "z_score"
    augmentation: Augmentation | None = field(default=None)
    precision: str = "auto"


def make_recipe(settings: dict) -> Recipe:
    """From the configuration: classify.cnn without feature, architectures and seeds."""
    augmentation = settings["augmentation"]
    if augmentation is not None:
        augmentation = Augmentation(**augmentation | {"zoom": tuple(augmentation["zoom"])})
    return Recipe(**settings | {"augmentation": augmentation})
