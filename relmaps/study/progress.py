"""How far a run is: one line for the screen, and a block for each job that failed."""

import re
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

STAGES = ("cohort", "preprocess", "classify", "relevance", "reference", "overlap", "figures")
FEWEST = 5  # finished jobs before the time left is estimated


@dataclass(frozen=True)
class Job:
    """A job that runs. logs : its log files. start : in seconds of the run's clock."""

    rule: str
    wildcards: dict[str, str]
    logs: list[str]
    start: float

    @property
    def stage(self) -> str:
        """The folder that has the job's `logs`; empty for a rule that only gathers."""
        return next((Path(log[: log.index("/logs/")]).name for log in self.logs if "/logs/" in log), "")

    @property
    def name(self) -> str:
        """Rule and wildcards, such as `pool_map, map lrp`."""
        return ", ".join([self.rule, *(f"{key} {value}" for key, value in self.wildcards.items() if value)])


@dataclass
class Progress:
    """What Snakemake's events, in their order, say of a run.

    clock : seconds, of any origin.
    """

    clock: Callable[[], float] = time.monotonic
    begun: bool = False
    message: str = ""
    errors: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)  # rule -> jobs
    running: dict[int, Job] = field(default_factory=dict)
    finished: Counter = field(default_factory=Counter)  # rule -> jobs
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # rule -> of its finished jobs
    failed: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._start = self.clock()

    def take(self, event: dict) -> None:
        """Take an event in, as relmaps.study.launch writes it."""
        kind = event["event"]
        if kind == "run_info":
            self.counts = Counter({rule: jobs for rule, jobs in event["stats"].items() if rule != "total"})
            self._start = self.clock()
        elif kind == "job_started":
            self.begun = True
        elif kind == "job_info":
            job = Job(event["rule_name"], event["wildcards"] or {}, event["log"] or [], self.clock())
            self.running[event["jobid"]] = job
        elif kind == "job_finished":
            self._finish(event["job_id"])
        elif kind == "job_error":
            job = self.running.pop(event["jobid"], Job(event["rule_name"], {}, event["log"], self.clock()))
            self.failed[event["jobid"]] = failure(job)
        elif kind == "error":
            self.errors.append(without_traceback(event["text"]))
        elif event["text"].strip():
            self.message = event["text"].strip().splitlines()[0]

    def _finish(self, number: int) -> None:
        self.failed.pop(number, None)  # it was tried again
        job = self.running.pop(number, None)
        if job is not None:
            self.finished[job.rule] += 1
            self.seconds[job.rule] += self.clock() - job.start

    @property
    def share(self) -> str:
        """Jobs done of all that this run has to do."""
        return f"{self.finished.total()} of {self.counts.total()} jobs"

    @property
    def stage(self) -> str:
        """The first stage that has a running job."""
        stages = {job.stage for job in self.running.values()} - {""}
        return min(stages, key=lambda stage: STAGES.index(stage) if stage in STAGES else len(STAGES), default="")

    def left_s(self) -> float | None:
        """Estimate the seconds left; None before FEWEST jobs are done.

        A job takes as long as those of its rule took, or as all did if it is the first of its rule. As many run side by
        side as did so far.
        """
        n = self.finished.total()
        now = self.clock()
        measured = sum(self.seconds.values())
        spent = measured + sum(now - job.start for job in self.running.values())
        if n < FEWEST or spent <= 0:
            return None
        mean = measured / n
        each = {rule: self.seconds[rule] / jobs for rule, jobs in self.finished.items()}
        left = sum((jobs - self.finished[rule]) * each.get(rule, mean) for rule, jobs in self.counts.items())
        left -= sum(min(now - job.start, each.get(job.rule, mean)) for job in self.running.values())
        return max(0.0, left) * (now - self._start) / spent

    def line(self) -> str:
        """Stage, jobs done of all, time left, and what runs."""
        if not self.begun:
            return self.message
        left = self.left_s()
        words = [f"{self.stage:<10}  {self.share}", "" if left is None else f"about {duration(left)} left"]
        newest = max(self.running.values(), key=lambda job: job.start, default=None)
        return ", ".join(filter(None, words)) + (f"  ({newest.name})" if newest else "")


def duration(seconds: float) -> str:
    """Seconds, minutes or hours, in round numbers."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def failure(job: Job) -> str:
    """Block of three lines on a failed job: rule and wildcards, its error, its log."""
    log = next(iter(job.logs), None)
    return f"Failed: {job.name}\n  error: {last_line(log) if log else 'none was logged'}\n  log:   {log or 'none'}"


def last_line(log: str) -> str:
    """The last line of a job's log without its time: the error, as relmaps.io.jobs writes nothing after it."""
    try:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return re.sub(r"^\d\d:\d\d:\d\d ", "", lines[-1]) if lines else "the job ended before it wrote to its log"


def without_traceback(text: str) -> str:
    """Snakemake's message of an exception without the places in its files."""
    places = r'  File "|\w*(Error|Exception)( in .*)?:$'
    lines = [line for line in text.strip().splitlines() if not re.match(places, line)]
    return "\n".join(lines)
