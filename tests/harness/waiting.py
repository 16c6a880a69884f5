"""Waiting on a condition with a deadline; never a bare sleep."""

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")


def until(
    condition: Callable[[], Value], *, seconds: float, what: str, every: float = 0.25
) -> Value:
    """The first truthy value of the condition. Fails the test at the deadline, saying `what`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last seen: {value!r}")
        time.sleep(every)
