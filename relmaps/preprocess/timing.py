"""CPU seconds and memory of the steps of a job."""

import logging
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

log = logging.getLogger("relmaps")


class Timing:
    """seconds : name of the step -> CPU seconds of this process, in the order of the steps."""

    def __init__(self):
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time the block and log it with the process's largest memory so far."""
        start = time.process_time()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.process_time() - start
        peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # kilobytes on Linux
        log.info("  %-16s %6.1f CPU s, peak memory %.2f GB", name, self.seconds[name], peak_gb)

    @property
    def total(self) -> float:
        return sum(self.seconds.values())
