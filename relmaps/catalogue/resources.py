"""What a job of each rule asks of the machine."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Request:
    """Of a job's first attempt.

    mem_mb : MB, or `training` or `explaining`, which the network and the grid decide. minutes : wall time.
    gpu : how many GPUs.
    """

    mem_mb: int | str
    minutes: int
    gpu: int = 0


REQUESTS = {
    rule: Request(**fields)
    for rule, fields in yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")).items()
}


def find_request(rule: str) -> Request:
    """Of a rule; rules that the file does not list ask for the same."""
    return REQUESTS.get(rule, REQUESTS["default"])
