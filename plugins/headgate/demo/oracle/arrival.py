"""One record of the input topic, as the oracle sees it."""

from typing import NamedTuple

WATERMARK_DELAY = 5_000
"""Milliseconds by which the jobs' watermarks stay behind the greatest event time."""

BEFORE_ALL_TIME = -(2**62)


class Arrival(NamedTuple):
    """A reading with its place in the topic."""

    partition: int
    offset: int
    device_id: str
    device_class: str
    quantity: str
    value: float
    time: int
    """Event time, epoch milliseconds."""
    sequence: int
