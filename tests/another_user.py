"""What a user without the rights of root meets, tried in a process of its own."""

import multiprocessing
import os
from collections.abc import Callable
from contextlib import suppress

import pytest

NOBODY = 65534


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
