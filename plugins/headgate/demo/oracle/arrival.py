"""One record of the input topic, as the oracle sees it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

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


def arrival_of(partition: int, offset: int, value: Mapping[str, Any]) -> Arrival:
    """The arrival of a decoded record of the input topic."""
    return Arrival(
        partition,
        offset,
        value["device_id"],
        value["device_class"],
        value["quantity"],
        value["value"],
        value["reading_time"],
        value["sequence"],
    )
