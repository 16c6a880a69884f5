"""Every legal run of the jobs is judged good, and every mutilated one is not."""

from copy import deepcopy
from datetime import UTC, datetime
from random import Random

import pytest
from headgate.demo.fleet.fleet import FleetSpec
from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.judge import judge
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.demo.arrivals import every, fleet_readings, in_partitions
from unit.demo.flink_model import TOPICS, run

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
SLOW = settings(deadline=None, max_examples=15, suppress_health_check=list(HealthCheck))


def troubled_fleet(seed: int, devices: int = 12, count: int = 5_000) -> dict[int, list[Arrival]]:
    spec = FleetSpec(devices, START, devices * 1.8 / 8, late=0.01, seed=seed)
    return in_partitions(fleet_readings(spec, count))


TROUBLED = troubled_fleet(7)
PUBLISHED = run(TROUBLED, Random(1), skew=0.9)


def punctual(topic: dict[int, list[Arrival]]) -> dict[int, list[Arrival]]:
    """The topic without stragglers, so that every result has one legal form."""
    kept: dict[int, list[Arrival]] = {}
    for part, arrivals in topic.items():
        newest, kept[part] = 0, []
        for one in arrivals:
            newest = max(newest, one.time)
            if newest - one.time < 60_000:
                kept[part].append(one)
    return kept


PUNCTUAL = punctual(TROUBLED)
PUBLISHED_OF_PUNCTUAL = run(PUNCTUAL, Random(1), skew=0.9)
LAST_TIME = min(max(one.time for one in arrivals) for arrivals in PUNCTUAL.values())


@SLOW
@given(seed=st.integers(0, 10_000), skew=st.sampled_from([0.0, 0.9, 0.99, 0.999]))
def test_judge_any_interleaving_of_partitions_is_good(seed: int, skew: float) -> None:
    topic = troubled_fleet(seed % 50, devices=8, count=2_000)
    verdicts = judge(every(topic), run(topic, Random(seed), skew))
    for job, verdict in verdicts.items():
        assert verdict.good, (job, verdict.examples)
        assert verdict.windows_due <= verdict.windows_out
    assert verdicts["device-minutes"].windows_due > 100


def test_judge_partitions_far_apart_counts_accepted_stragglers() -> None:
    verdicts = judge(every(TROUBLED), run(TROUBLED, Random(3), skew=0.9999))
    assert all(verdict.good for verdict in verdicts.values())
    assert verdicts["device-minutes"].late_accepted > 0
    assert verdicts["class-trends"].late_accepted > 0
    assert verdicts["device-sessions"].late_accepted > 0


def test_judge_partitions_close_together_drops_stragglers() -> None:
    topic = troubled_fleet(11)
    verdicts = judge(every(topic), run(topic, Random(5), skew=0.0))
    assert all(verdict.good for verdict in verdicts.values())
    assert verdicts["device-minutes"].late_accepted == 0


def test_input_of_mutations_has_results_of_every_job() -> None:
    assert all(len(PUBLISHED[topic]) >= 3 for topic in TOPICS)
    assert all(verdict.good for verdict in judge(every(TROUBLED), PUBLISHED).values())


@pytest.mark.parametrize("topic", TOPICS)
@SLOW
@given(st.data())
def test_judge_finds_a_dropped_result(topic: str, data: st.DataObject) -> None:
    rows = PUBLISHED_OF_PUNCTUAL[topic]
    due = [at for at, row in enumerate(rows) if latest_time_in(row) < LAST_TIME - 90_000]
    index = data.draw(st.sampled_from(due))
    verdict = judge(every(PUNCTUAL), {topic: [*rows[:index], *rows[index + 1 :]]})[topic]
    assert (verdict.lost, verdict.repeated, verdict.wrong) == (1, 0, 0)


@pytest.mark.parametrize("topic", TOPICS)
@SLOW
@given(st.data())
def test_judge_finds_a_repeated_result(topic: str, data: st.DataObject) -> None:
    row = data.draw(st.sampled_from(PUBLISHED[topic]))
    verdict = judge(every(TROUBLED), {topic: [*PUBLISHED[topic], row]})[topic]
    assert (verdict.lost, verdict.repeated, verdict.wrong) == (0, 1, 0)


@pytest.mark.parametrize("topic", TOPICS)
@SLOW
@given(st.data())
def test_judge_finds_a_changed_field(topic: str, data: st.DataObject) -> None:
    # Without late readings: with them, one reading more may be another legal result.
    rows = deepcopy(PUBLISHED_OF_PUNCTUAL[topic])
    row = data.draw(st.sampled_from(rows))
    field = data.draw(st.sampled_from(sorted(row)))
    row[field] = changed(row[field], data)
    verdict = judge(every(PUNCTUAL), {topic: rows})[topic]
    assert not verdict.good, (field, row)


@pytest.mark.parametrize("topic", TOPICS)
def test_judge_finds_an_invented_result(topic: str) -> None:
    invented = {**PUBLISHED[topic][0]}
    for field in invented:
        if field in ("device_id", "device_class"):
            invented[field] = "ghost"
    verdict = judge(every(TROUBLED), {topic: [*PUBLISHED[topic], invented]})[topic]
    assert (verdict.lost, verdict.repeated, verdict.wrong) == (0, 0, 1)


def changed(value: object, data: st.DataObject) -> object:
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, int):
        return value + data.draw(st.sampled_from([-60_000, -1, 1, 7, 30_000]))
    assert isinstance(value, float)
    return value * data.draw(st.sampled_from([0.9, 1.0001, 2.0])) + 0.001


def latest_time_in(row: dict) -> int:
    return max(value for value in row.values() if isinstance(value, int))
