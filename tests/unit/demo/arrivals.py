"""Inputs for oracle tests."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain
from zlib import crc32

from headgate.demo.fleet.device import Reading
from headgate.demo.fleet.fleet import FleetSpec, sendings
from headgate.demo.oracle.arrival import Arrival

NOON = round(datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp() * 1000)


def fleet_readings(spec: FleetSpec, count: int) -> list[Reading]:
    readings: list[Reading] = []
    for sending in sendings(spec):
        readings += sending.readings
        if len(readings) >= count:
            break
    return readings


def in_partitions(readings: Iterable[Reading], partitions: int = 3) -> dict[int, list[Arrival]]:
    topic: defaultdict[int, list[Arrival]] = defaultdict(list)
    for one in readings:
        part = crc32(one.device_id.encode()) % partitions
        topic[part].append(
            Arrival(
                part,
                len(topic[part]),
                one.device_id,
                one.device_class,
                one.quantity,
                one.value,
                one.reading_time,
                one.sequence,
            )
        )
    return dict(topic)


def every(topic: dict[int, list[Arrival]]) -> Iterator[Arrival]:
    return chain.from_iterable(topic.values())


class Device:
    """Hand-made readings of one device in one partition, times in seconds after noon."""

    def __init__(self, name: str = "boiler-1", partition: int = 0) -> None:
        self.name, self.partition = name, partition
        self.arrivals: list[Arrival] = []

    def sends(
        self,
        seconds: float,
        value: float = 1.0,
        *,
        sequence: int | None = None,
        quantity: str = "temperature",
    ) -> "Device":
        number = len(self.arrivals)
        self.arrivals.append(
            Arrival(
                self.partition,
                number,
                self.name,
                "boiler",
                quantity,
                value,
                NOON + round(seconds * 1000),
                number if sequence is None else sequence,
            )
        )
        return self


def at(seconds: float) -> int:
    return NOON + round(seconds * 1000)
