"""What a user without the rights of root meets, tried in a process of its own."""

import multiprocessing
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

NOBODY = 65534


def open_to_all(folder: Path) -> None:
    """Let every user into a temporary folder; pytest gives its folders to one user alone."""
    shared = Path(tempfile.gettempdir()).resolve()
    for inner in (folder, *folder.parents):
        if shared not in inner.parents:
            break
        inner.chmod(0o755)


def raised_for_another_user(function: Callable[[], object]) -> BaseException | None:
    """What a function raises for a user who may not read everything; None if it raises nothing.

    Skips the test where this process cannot become another user and is not one already.
    """
    context = multiprocessing.get_context("fork")  # the function may be a closure
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_try, args=(function, sender))
    process.start()
    sender.close()
    may, raised = receiver.recv()
    process.join()
    if not may:
        pytest.skip("this user can become no other")
    return raised


def _try(function: Callable[[], object], sender) -> None:
    with suppress(Exception):
        function()  # loads what Python imports late, from folders that may be closed to the other user
    try:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
    except PermissionError:
        sender.send((False, None))
        return
    try:
        function()
    except Exception as error:
        sender.send((True, error))
    else:
        sender.send((True, None))
