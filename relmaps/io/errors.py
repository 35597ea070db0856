"""The one error a user is meant to see: a line that names the file or key, and the remedy."""

import re

# Addresses in memory, as ITK and Python write them: "ImageFileReader(0x5647e2ce4980)", "<object at 0x7f52a0>".
ADDRESS = re.compile(r"\s*\(0x[0-9a-fA-F]{6,16}\)|\s+at 0x[0-9a-fA-F]{6,16}\b")


class UserError(Exception):
    """A mistake in data or configuration; shown as one line, without a traceback."""

    def __init__(self, message: str):
        super().__init__(as_one_line(message))


class ScanError(UserError):
    """A raw scan that cannot be used; its message becomes the reason in exclusions.tsv."""


class MachineError(UserError):
    """A fault of the machine and not of the data: the job fails, so that `resume` repeats it."""


def as_one_line(message: str) -> str:
    """The message without line breaks and addresses in memory: libraries put both into theirs."""
    lines = (line.strip() for line in message.splitlines())
    return ADDRESS.sub("", " ".join(line for line in lines if line))
