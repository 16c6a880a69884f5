"""Every legal run of the jobs is judged good, and every mutilated one is not."""

from copy import deepcopy
from datetime import UTC, datetime
from random import Random

import pytest
from headgate.demo.fleet.fleet import FleetSpec
from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.judge import judge
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from unit.demo.arrivals import every, fleet_readings, in_partitions
from unit.demo.flink_model import TOPICS, run

START = datetime(2026, 11, 24, 6, tzinfo=UTC)
SLOW = settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))


def troubled_fleet(seed: int, devices: int = 12, count: int = 6_000) -> dict[int, list[Arrival]]:
    spec = FleetSpec(devices, START, devices * 1.8 / 8, late=0.01, seed=seed)
    return in_partitions(fleet_readings(spec, count))


TROUBLED = troubled_fleet(7)
PUBLISHED = run(TROUBLED, Random(1), skew=0.9)


@SLOW
@given(seed=st.integers(0, 10_000), skew=st.sampled_from([0.0, 0.9, 0.99, 0.999]))
def test_judge_any_interleaving_of_partitions_is_good(seed: int, skew: float) -> None:
    topic = troubled_fleet(seed % 50, devices=8, count=3_000)
    verdicts = judge(every(topic), run(topic, Random(seed), skew))
    for job, verdict in verdicts.items():
        assert verdict.good, (job, verdict.examples)
    assert verdicts["device-minutes"].windows_due > 100
    assert verdicts["device-sessions"].windows_due > 5


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
    published = dict(PUBLISHED)
    index = data.draw(st.integers(0, len(published[topic]) - 1))
    published[topic] = [row for at, row in enumerate(published[topic]) if at != index]
    verdict = judge(every(TROUBLED), {topic: published[topic]})[topic]
    removed = PUBLISHED[topic][index]
    assume(not only_of_stragglers(topic, removed))
    assert verdict.lost + verdict.wrong >= 1
    assert verdict.windows_out == len(PUBLISHED[topic]) - 1


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
    rows = deepcopy(PUBLISHED[topic])
    row = data.draw(st.sampled_from(rows))
    field = data.draw(st.sampled_from(sorted(row)))
    row[field] = changed(row[field], data)
    verdict = judge(every(TROUBLED), {topic: rows})[topic]
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


def only_of_stragglers(topic: str, row: dict) -> bool:
    """Whether the row may be missing legally: it stands only if stragglers were accepted."""
    rest = [one for one in PUBLISHED[topic] if one is not row]
    return judge(every(without_stragglers()), {topic: rest})[topic].good and topic in (
        "device-minutes",
        "device-sessions",
        "stuck-sensors",
        "threshold-breaches",
    )


def without_stragglers() -> dict[int, list[Arrival]]:
    kept: dict[int, list[Arrival]] = {}
    for part, arrivals in TROUBLED.items():
        newest = 0
        kept[part] = []
        for one in arrivals:
            newest = max(newest, one.time)
            if newest - one.time < 60_000:
                kept[part].append(one)
    return kept
