"""The fleet: the same twice, decidably late, and with all the troubles it promises."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from headgate.clock import Clock
from headgate.demo.fleet.device import STRAGGLER_LAG
from headgate.demo.fleet.fleet import GREATEST_DELAY, FleetSpec, sendings
from headgate.demo.fleet.pace import Pace, continuing
from headgate.demo.fleet.simulation import SimulationState, simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.demo.arrivals import every, fleet_readings, in_partitions

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
SPEC = FleetSpec(60, START, 15.0, seed=3)


def test_sendings_same_spec_gives_the_same_sequence() -> None:
    assert list(islice(sendings(SPEC), 3_000)) == list(islice(sendings(SPEC), 3_000))


def test_sendings_other_seed_gives_others() -> None:
    other = replace(SPEC, seed=4)
    assert list(islice(sendings(SPEC), 50)) != list(islice(sendings(other), 50))


@settings(deadline=None, max_examples=20)
@given(
    seed=st.integers(0, 10**6),
    devices=st.integers(1, 40),
    seconds=st.floats(0.2, 90),
    partitions=st.integers(1, 5),
)
def test_every_reading_is_in_time_or_clearly_a_straggler(
    seed: int, devices: int, seconds: float, partitions: int
) -> None:
    spec = FleetSpec(devices, START, devices * 1.8 / seconds, late=0.01, seed=seed)
    readings = fleet_readings(spec, 2_000)
    newest_of_all = 0
    for one in readings:
        is_straggler = newest_of_all - one.reading_time > GREATEST_DELAY
        assert not is_straggler or newest_of_all - one.reading_time >= STRAGGLER_LAG[0]
        newest_of_all = max(newest_of_all, one.reading_time)
    newest: defaultdict[int, int] = defaultdict(int)
    for one in every(in_partitions(readings, partitions)):
        behind = newest[one.partition] - one.time
        assert behind <= GREATEST_DELAY or behind >= STRAGGLER_LAG[0]
        newest[one.partition] = max(newest[one.partition], one.time)


def test_fleet_has_every_trouble() -> None:
    topic = in_partitions(fleet_readings(SPEC, 60_000))
    late = out_of_order = silences = 0
    for arrivals in topic.values():
        newest, last = 0, {}
        for one in arrivals:
            behind = newest - one.time
            late += behind > 120_000
            out_of_order += 0 < behind <= GREATEST_DELAY
            newest = max(newest, one.time)
            if behind < 5_000:
                silences += one.time - last.get(one.device_id, one.time) > 30_000
                last[one.device_id] = one.time
    readings = list(every(topic))
    assert 10 < late < 600
    assert out_of_order > 5_000
    assert silences > 20
    assert any(one.quantity == "temperature" and one.value > 80 for one in readings)
    assert {one.device_class for one in readings} == {"boiler", "pump", "meter"}
    numbers = {(one.device_id, one.sequence) for one in readings}
    assert len(numbers) == len(readings)


def test_rate_is_about_what_was_asked_for() -> None:
    readings = fleet_readings(SPEC, 30_000)
    span = (readings[-1].reading_time - readings[0].reading_time) / 1000
    assert 30_000 / span == pytest.approx(15.0, rel=0.15)


class TestPace:
    began = datetime(2026, 11, 24, 12, tzinfo=UTC)

    def after(self, pace: Pace, seconds: float) -> timedelta:
        wall = self.began + timedelta(seconds=seconds)
        return wall - pace.event_time(wall)

    def test_event_time_catches_up_and_never_passes_the_wall_clock(self) -> None:
        pace = Pace(self.began, timedelta(hours=1), speed=61)
        assert self.after(pace, 0) == timedelta(hours=1)
        assert self.after(pace, 30) == timedelta(minutes=30)
        assert self.after(pace, 60) == timedelta()
        assert self.after(pace, 500) == timedelta()

    def test_continuing_begins_after_what_is_there(self) -> None:
        pace = Pace(self.began, timedelta(hours=1), speed=10)
        newest = self.began - timedelta(minutes=10)
        later = continuing(pace, round(newest.timestamp() * 1000))
        assert later.start == newest + timedelta(seconds=35)
        assert continuing(pace, None) == pace
        old = self.began - timedelta(hours=5)
        assert continuing(pace, round(old.timestamp() * 1000)) == pace


class Collected:
    def __init__(self) -> None:
        self.times: list[int] = []

    def send(self, _value: bytes, _key: bytes | None = None, timestamp: int = 0) -> None:
        self.times.append(timestamp)

    def poll(self) -> None:
        pass


class TestSimulate:
    def run(
        self, seconds: float, speed: float, since: timedelta
    ) -> tuple[Collected, SimulationState]:
        now = [TestPace.began]

        def sleep(duration: timedelta) -> None:
            now[0] += duration

        def monotonic() -> float:
            return (now[0] - TestPace.began).total_seconds()

        clock = Clock(lambda: now[0], monotonic, sleep)
        pace = Pace(TestPace.began, since, speed)
        spec = FleetSpec(50, pace.start, 500 / speed, seed=1)
        sink = Collected()
        state = simulate(
            spec,
            pace,
            lambda _record: b"",
            sink,
            stop=lambda state: state.elapsed >= timedelta(seconds=seconds),
            clock=clock,
        )
        assert max(sink.times) <= now[0].timestamp() * 1000
        return sink, state

    def test_rate_is_per_second_of_the_wall_clock(self) -> None:
        sink, state = self.run(20, speed=10, since=timedelta(hours=1))
        assert len(sink.times) == state.produced == pytest.approx(10_000, rel=0.15)
        assert state.event_time == TestPace.began - timedelta(hours=1) + timedelta(seconds=200)

    def test_caught_up_goes_on_at_speed_one(self) -> None:
        _, until_now = self.run(10, speed=10, since=timedelta(seconds=90))
        _, afterwards = self.run(30, speed=10, since=timedelta(seconds=90))
        assert until_now.produced == pytest.approx(5_000, rel=0.2)
        assert afterwards.produced - until_now.produced == pytest.approx(1_000, rel=0.3)
