"""Every metric of overlap: where it is computed."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class MetricRecord:
    """A row of metrics.yaml, which says what the fields mean."""

    implementation: str
    curve: bool


METRICS = {
    name: MetricRecord(**fields)
    for name, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}
