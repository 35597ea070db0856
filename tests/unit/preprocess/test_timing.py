import time

import pytest

from relmaps.preprocess.timing import Timing


def work() -> None:
    """Computes until the process's clock has moved."""
    start = time.process_time()
    while time.process_time() == start:
        pass


def test_seconds_add_up_by_step_in_the_order_of_the_steps():
    watch = Timing()
    for name in ("read", "align"):
        with watch.step(name):
            work()
    first = dict(watch.seconds)
    assert min(first.values()) > 0
    with watch.step("read"):
        work()
    assert list(watch.seconds) == ["read", "align"]
    assert watch.seconds["read"] > first["read"]
    assert watch.seconds["align"] == first["align"]


def test_the_total_is_that_of_all_steps():
    watch = Timing()
    assert watch.total == 0
    for name in ("read", "align", "read"):
        with watch.step(name):
            work()
    work()  # between steps nothing is counted
    assert watch.total == watch.seconds["read"] + watch.seconds["align"]


def test_the_clock_is_that_of_this_process_as_other_jobs_share_the_machine(monkeypatch):
    clock = iter([10.0, 13.0])
    monkeypatch.setattr(time, "process_time", lambda: next(clock))
    watch = Timing()
    with watch.step("align"):
        pass
    assert watch.seconds == {"align": 3.0}


def test_each_step_is_logged_with_its_seconds_and_the_peak_of_memory(caplog):
    caplog.set_level("INFO", logger="relmaps")
    watch = Timing()
    with watch.step("read and crop"):
        work()
    (record,) = caplog.records
    name, seconds, peak_gb = record.args
    assert (name, seconds) == ("read and crop", watch.seconds["read and crop"])
    assert 0.01 < peak_gb < 1000
    assert "read and crop" in record.getMessage()


def test_an_error_in_a_step_is_not_held_back():
    with pytest.raises(ValueError, match="no brain"), Timing().step("align"):
        raise ValueError("no brain")
