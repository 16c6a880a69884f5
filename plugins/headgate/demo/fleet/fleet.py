"""All devices together: readings in the order in which they are sent."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace
from random import Random
from typing import NamedTuple

from headgate.demo.fleet.catalogue import class_of, sensors_in
from headgate.demo.fleet.device import Device, Reading

GREATEST_DELAY = 4_000
"""Milliseconds within which an ordinary reading is sent: less than the jobs' watermark delay."""
_PROMPT_DELAY = 300
_PROMPT_SHARE = 0.8


@dataclass(frozen=True)
class FleetSpec:
    """What determines the readings, all of them."""

    devices: int
    start: datetime
    """Event time of the beginning."""
    readings_per_second: float
    """Readings per second of event time, of all devices together."""
    late: float = 1 / 2_000
    """Share of readings that are sent minutes late."""
    seed: int = 1


class Sending(NamedTuple):
    """Readings that are sent together at an instant of event time."""

    at: int
    readings: list[Reading]


def sendings(spec: FleetSpec) -> Iterator[Sending]:
    """Everything the fleet sends, in order, without end.

    A reading is sent within 4 s of its time, so that it is never behind the newest reading by as
    much as the jobs' watermark delay, or, as a straggler, when its own device (so its own
    partition) has sent one that is more than two minutes newer.
    """
    chance = Random(spec.seed)  # noqa: S311 - a simulation, to be repeated
    start = round(spec.start.timestamp() * 1000)
    interval = sensors_in(spec.devices) * 1000 / spec.readings_per_second
    devices = [
        Device(
            f"{class_of(index).name}-{index:04d}",
            class_of(index),
            chance,
            start=start,
            interval=interval,
            late=spec.late,
        )
        for index in range(spec.devices)
    ]
    due = [(start + chance.random() * interval, index) for index in range(spec.devices)]
    heapify(due)
    under_way: list[tuple[int, int, Device, int, list[Reading]]] = []
    number = 0
    while True:
        time, index = due[0]
        device = devices[index]
        taken_at = int(time)
        while under_way and under_way[0][0] <= taken_at:
            at, _, sender, report_time, readings = heappop(under_way)
            yield Sending(at, [*readings, *sender.sent(report_time)])
        readings, following = device.report(taken_at)
        heapreplace(due, (following, index))
        if readings:
            number += 1
            at = taken_at + _delay(chance)
            heappush(under_way, (at, number, device, taken_at, readings))


def _delay(chance: Random) -> int:
    most = _PROMPT_DELAY if chance.random() < _PROMPT_SHARE else GREATEST_DELAY
    return int(chance.random() * most)
