"""What a metric of overlap is."""

from abc import ABC, abstractmethod
from typing import ClassVar

from relmaps.overlap.ranking import Curve


class Metric(ABC):
    """A measure of how well the highest voxels of a map coincide with a reference.

    name : as in the tables. source : where it is defined. higher_is_better : its direction. bounds : lowest and highest
    value that it can take.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    higher_is_better: ClassVar[bool]
    bounds: ClassVar[tuple[float, float]]

    @abstractmethod
    def __call__(self, curve: Curve) -> float:
        """The metric of a curve that is `defined`."""
