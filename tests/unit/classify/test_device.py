import logging

import pytest
import torch

from relmaps.classify.device import _choose, open_device
from relmaps.errors import UserError


@pytest.mark.parametrize(
    ("setting", "gpus", "visible", "expected"),
    [
        ("auto", 1, True, "cuda"),
        ("auto", 0, True, "cpu"),
        ("auto", 1, False, "cpu"),
        ("cpu", 1, True, "cpu"),
        ("cuda", 0, True, "cuda"),
    ],
)
def test_choice_of_the_device(setting, gpus, visible, expected):
    assert _choose(setting, gpus, visible).type == expected


def test_reason_for_the_cpu_is_logged(caplog):
    with caplog.at_level(logging.INFO, logger="relmaps"):
        _choose("auto", 0, True)
        _choose("auto", 1, False)
    assert "the job was given no GPU" in caplog.text
    assert "torch sees no GPU" in caplog.text


def test_cuda_without_a_gpu_is_refused():
    with pytest.raises(UserError, match="device: cuda"):
        _choose("cuda", 1, False)


def test_cpu_is_opened_deterministic_with_the_configured_threads():
    open_device("cpu", 0, 1)
    assert torch.get_num_threads() == 1
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.is_deterministic_algorithms_warn_only_enabled()
