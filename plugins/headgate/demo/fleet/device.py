"""One device: reports at its interval, goes offline, and loses or holds back single readings."""

from random import Random
from typing import NamedTuple

from headgate.demo.fleet.catalogue import DeviceClass
from headgate.demo.fleet.sensor import Sensor

STRAGGLER_LAG = (130_000, 420_000)
"""How far (ms) the device's newest reading is ahead when a straggler is sent, from and to. More
than two minutes, the longest window, and the watermark delay together."""
OFFLINE_EVERY = 30 * 60_000
"""Mean time (ms) between two silences of a device."""
OFFLINE_FOR = (40_000, 260_000)
"""Length (ms) of a silence, from and to: longer than the gap that ends a session."""
BUFFERED_CHANCE = 0.15
"""Chance that a device keeps some readings of a silence and sends them afterwards."""
LOSS_CHANCE = 1 / 2_500
"""Chance per reading that it is never sent."""
_BUFFER_MARGIN = 40_000  # buffered readings touch neither the session before nor the one after
_MOST_BUFFERED = 6


class Reading(NamedTuple):
    """One record of the topic `sensor-readings`."""

    device_id: str
    device_class: str
    quantity: str
    value: float
    unit: str
    reading_time: int
    sequence: int


class _Held(NamedTuple):
    reading: Reading
    due: int
    """It is sent once the device has sent a reading of this time or later."""


class Device:
    """Makes the reports of one device."""

    def __init__(
        self,
        name: str,
        kind: DeviceClass,
        chance: Random,
        *,
        start: int,
        interval: float,
        late: float,
    ) -> None:
        """`interval` in milliseconds; `late` is the share of readings held back."""
        self._name = name
        self._kind = kind
        self._interval = interval
        self._late = late
        self._chance = chance
        self._sensors = [Sensor(quantity, start, chance) for quantity in kind.quantities]
        self._sequence = 0
        self._held: list[_Held] = []
        self._newest_sent = start - 1
        self._offline_chance = min(0.2, interval / OFFLINE_EVERY)

    def report(self, time: int) -> tuple[list[Reading], float]:
        """The readings taken at `time` that are sent in time, and the time of the next report."""
        prompt: list[Reading] = []
        for reading in self._take(time):
            draw = self._chance.random()
            if draw < self._late:
                self._held.append(_Held(reading, time + self._chance.randint(*STRAGGLER_LAG)))
            elif draw >= self._late + LOSS_CHANCE:
                prompt.append(reading)
        jitter = min(0.1 * self._interval, 500.0)
        following = time + self._interval + self._chance.uniform(-jitter, jitter)
        if self._chance.random() < self._offline_chance:
            following = self._be_offline(following)
        return prompt, following

    def sent(self, time: int) -> list[Reading]:
        """Note that a report of `time` is sent; returns what was held back until then."""
        self._newest_sent = max(self._newest_sent, time)
        if not self._held:
            return []
        due = [held.reading for held in self._held if held.due <= self._newest_sent]
        if due:
            self._held = [held for held in self._held if held.due > self._newest_sent]
        return due

    def _take(self, time: int) -> list[Reading]:
        name, kind, sequence = self._name, self._kind.name, self._sequence
        readings = [
            Reading(
                name,
                kind,
                sensor.quantity.name,
                sensor.value_at(time),
                sensor.quantity.unit,
                time,
                number,
            )
            for number, sensor in enumerate(self._sensors, sequence)
        ]
        self._sequence = sequence + len(readings)
        return readings

    def _be_offline(self, begin: float) -> float:
        """Pass a silence that begins with the report due at `begin`; returns when it ends."""
        end = begin + self._chance.uniform(*OFFLINE_FOR)
        wanted = (
            self._chance.randint(2, _MOST_BUFFERED)
            if self._chance.random() < BUFFERED_CHANCE
            else 0
        )
        buffered: list[Reading] = []
        time = begin
        while time < end:
            readings = self._take(int(time))
            if begin + _BUFFER_MARGIN <= time <= end - _BUFFER_MARGIN and wanted:
                wanted -= 1
                buffered += readings
            time += self._interval
        if buffered:
            due = buffered[-1].reading_time + self._chance.randint(*STRAGGLER_LAG)
            self._held += [_Held(reading, due) for reading in buffered]
        return end
