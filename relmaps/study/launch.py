"""Snakemake with its events as JSON lines on a pipe, from which `relmaps run` shows the progress.

    RELMAPS_EVENTS=<file descriptor> python -m relmaps.study.launch <arguments of snakemake>

The module is its own logger plugin. Snakemake finds plugins by the name of an installed package; this one is registered
here, so that a plain `snakemake` is not changed.
"""

import json
import os
import sys
from logging import ERROR, LogRecord

from snakemake.cli import main
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

NAME = "relmaps"
FIELDS: dict[str, tuple[str, ...]] = {
    LogEvent.RUN_INFO: ("stats",),
    LogEvent.JOB_STARTED: (),
    LogEvent.JOB_INFO: ("jobid", "rule_name", "wildcards", "log"),
    LogEvent.JOB_FINISHED: ("job_id",),
    LogEvent.JOB_ERROR: ("jobid", "rule_name", "log"),
}


class LogHandler(LogHandlerBase):
    """Write the events that show the progress, and all other messages as `message` or `error`."""

    writes_to_stream = writes_to_file = needs_rulegraph = False
    has_filter = has_formatter = True

    def __post_init__(self) -> None:
        self.pipe = os.fdopen(int(os.environ["RELMAPS_EVENTS"]), "w", encoding="utf-8")

    def emit(self, record: LogRecord) -> None:
        """Write one line."""
        event = getattr(record, "event", None)
        if event in FIELDS:
            fields = {name: getattr(record, name) for name in FIELDS[event]} | {"event": str(event)}
        else:
            text = record.getMessage()
            fields = {"event": "error" if record.levelno >= ERROR else "message", "text": text}
        print(json.dumps(fields, default=str), file=self.pipe, flush=True)

    def close(self) -> None:
        """Let the reader see the end."""
        self.pipe.close()
        super().close()


if __name__ == "__main__":
    LoggerPluginRegistry().register_plugin(f"snakemake_logger_plugin_{NAME}", sys.modules[__name__])
    arguments, sys.argv[0] = sys.argv[1:], "snakemake"  # the name in its usage errors
    main(["--logger", NAME, *arguments])
