"""The five jobs as Flink runs them, one record and one watermark at a time.

Written against Flink's operators, not against the oracle: it keeps state, drops late records by
the watermark of the moment and publishes when the watermark passes. The interleaving of the
partitions and the moments at which watermarks come are chosen by chance, so one input has many
legal outputs; the oracle has to accept every one of them.
"""

from collections import defaultdict
from random import Random

from headgate.demo.oracle.arrival import Arrival

DELAY = 5_000
LIMITS = {"temperature": 80.0, "vibration": 12.0, "pressure": 9.0}
TOPICS = (
    "device-minutes",
    "class-trends",
    "device-sessions",
    "stuck-sensors",
    "threshold-breaches",
)


def run(partitions: dict[int, list[Arrival]], chance: Random, skew: float) -> dict[str, list[dict]]:
    """Everything published once all is read and the last watermark has come.

    `skew` from 0 (partitions evenly) to 1 (long runs of one partition, then back to even).
    """
    jobs = [_Windows(60_000, 60_000), _Windows(30_000, 120_000), _Sessions(), _InOrder()]
    waiting = {part: list(reversed(records)) for part, records in partitions.items()}
    greatest: dict[int, int] = {}
    current = next(iter(waiting))
    while waiting:
        if current not in waiting or chance.random() > skew:
            current = max(waiting, key=lambda part: len(waiting[part]) / len(partitions[part]))
        reading = waiting[current].pop()
        if not waiting[current]:
            del waiting[current]
        for job in jobs:
            job.read(reading)
        greatest[current] = max(greatest.get(current, 0), reading.time)
        if chance.random() < 0.3 and len(greatest) == len(partitions):
            for job in jobs:
                job.advance(min(greatest.values()) - DELAY)
    for job in jobs:
        job.advance(min(greatest.values()) - DELAY)
    minutes, trends, sessions, in_order = jobs
    return {
        "device-minutes": minutes.as_minutes(),
        "class-trends": trends.as_trends(),
        "device-sessions": sessions.published,
        "stuck-sensors": in_order.stuck,
        "threshold-breaches": in_order.breaches,
    }


class _Windows:
    """Aligned windows: a reading is in every window that has not fired."""

    def __init__(self, slide: int, size: int) -> None:
        self.slide, self.size = slide, size
        self.watermark = -(2**60)
        self.state: dict[int, list[Arrival]] = defaultdict(list)
        self.fired: list[tuple[int, list[Arrival]]] = []

    def read(self, reading: Arrival) -> None:
        first = reading.time // self.slide * self.slide + self.slide
        for end in range(first, first + self.size, self.slide):
            if self.watermark < end - 1:
                self.state[end].append(reading)

    def advance(self, watermark: int) -> None:
        self.watermark = max(self.watermark, watermark)
        for end in sorted(self.state):
            if self.watermark >= end - 1:
                self.fired.append((end, self.state.pop(end)))

    def as_minutes(self) -> list[dict]:
        rows = []
        for end, readings in self.fired:
            groups = defaultdict(list)
            for one in readings:
                groups[one.device_id, one.device_class, one.quantity].append(one)
            for (device, kind, quantity), members in groups.items():
                values = [one.value for one in reversed(members)]
                times = [one.time for one in members]
                rows.append(
                    {
                        "device_id": device,
                        "device_class": kind,
                        "quantity": quantity,
                        "window_start": end - self.size,
                        "window_end": end,
                        "readings": len(members),
                        "min_value": min(values),
                        "max_value": max(values),
                        "avg_value": sum(values) / len(values),
                        "first_reading": min(times),
                        "last_reading": max(times),
                    }
                )
        return rows

    def as_trends(self) -> list[dict]:
        rows = []
        for end, readings in self.fired:
            groups = defaultdict(list)
            for one in readings:
                groups[one.device_class, one.quantity].append(one)
            for (kind, quantity), members in groups.items():
                values = [one.value for one in reversed(members)]
                rows.append(
                    {
                        "device_class": kind,
                        "quantity": quantity,
                        "window_start": end - self.size,
                        "window_end": end,
                        "readings": len(members),
                        "devices": len({one.device_id for one in members}),
                        "min_value": min(values),
                        "max_value": max(values),
                        "avg_value": sum(values) / len(values),
                    }
                )
        return rows


class _Sessions:
    """Merging windows, as `MergingWindowProcessFunction` does it."""

    def __init__(self) -> None:
        self.watermark = -(2**60)
        self.live: dict[str, list[tuple[int, int, list[Arrival]]]] = defaultdict(list)
        self.published: list[dict] = []

    def read(self, reading: Arrival) -> None:
        start, end, members = reading.time, reading.time + 30_000, [reading]
        apart = []
        for window in self.live[reading.device_id]:
            if window[0] <= end and start <= window[1]:
                start, end = min(start, window[0]), max(end, window[1])
                members = members + window[2]
            else:
                apart.append(window)
        if end - 1 > self.watermark:
            self.live[reading.device_id] = [*apart, (start, end, members)]

    def advance(self, watermark: int) -> None:
        self.watermark = max(self.watermark, watermark)
        for device, windows in self.live.items():
            for start, end, members in windows:
                if end - 1 <= self.watermark:
                    numbers = [one.sequence for one in members]
                    self.published.append(
                        {
                            "device_id": device,
                            "session_start": start,
                            "session_end": end,
                            "readings": len(members),
                            "missing_readings": max(numbers) - min(numbers) + 1 - len(members),
                            "last_reading": end - 30_000,
                        }
                    )
            self.live[device] = [one for one in windows if one[1] - 1 > self.watermark]


class _InOrder:
    """Both jobs that sort by event time: buffered until the watermark comes, dropped behind it."""

    def __init__(self) -> None:
        self.watermark = -(2**60)
        self.buffer: list[Arrival] = []
        self.windows: dict[tuple[str, str], list[Arrival]] = {}
        self.rows: dict[tuple[str, str], list[Arrival]] = defaultdict(list)
        self.stuck: list[dict] = []
        self.breaches: list[dict] = []

    def read(self, reading: Arrival) -> None:
        if reading.time > self.watermark:
            self.buffer.append(reading)

    def advance(self, watermark: int) -> None:
        self.watermark = max(self.watermark, watermark)
        ready = [one for one in self.buffer if one.time <= self.watermark]
        self.buffer = [one for one in self.buffer if one.time > self.watermark]
        for reading in sorted(ready, key=lambda one: (one.time, one.sequence)):
            key = (reading.device_id, reading.quantity)
            self._extend_window(key, reading)
            self._match(key, reading)
        for key, window in list(self.windows.items()):
            if self.watermark >= window[-1].time + 30_000:
                self._publish(key, "timeout")

    def _extend_window(self, key: tuple[str, str], reading: Arrival) -> None:
        window = self.windows.get(key)
        if window:
            if reading.time - window[-1].time > 30_000:
                self._publish(key, "timeout")
            elif abs(reading.value - window[0].value) > 0.05:
                self._publish(key, "movement")
        self.windows.setdefault(key, []).append(reading)

    def _publish(self, key: tuple[str, str], cause: str) -> None:
        window = self.windows.pop(key)
        if len(window) >= 10:
            self.stuck.append(
                {
                    "device_id": key[0],
                    "quantity": key[1],
                    "window_start": window[0].time,
                    "window_end": window[-1].time,
                    "anchor_value": window[0].value,
                    "readings": len(window),
                    "closed_by": cause,
                }
            )

    def _match(self, key: tuple[str, str], reading: Arrival) -> None:
        limit = LIMITS.get(key[1])
        if limit is None:
            return
        rows = self.rows[key] = [*self.rows[key], reading][-4:]
        if len(rows) == 4 and rows[0].value <= limit and all(r.value > limit for r in rows[1:]):
            self.breaches.append(
                {
                    "device_id": key[0],
                    "quantity": key[1],
                    "normal_time": rows[0].time,
                    "breach_start": rows[1].time,
                    "breach_confirmed": rows[3].time,
                    "limit_value": limit,
                    "peak_value": max(row.value for row in rows[1:]),
                }
            )
            self.rows[key] = []
