"""The shipped custom window, by hand-made cases and against a second computation."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import ModuleType
from typing import Any

from headgate_runtime.record_types import to_millis
from headgate_runtime.window_steps import at_step, run
from hypothesis import given
from hypothesis import strategies as st

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LATER = timedelta(hours=1)


def reading(job: ModuleType, second: float, value: float, sequence: int = 0) -> Any:
    time = START + timedelta(seconds=second)
    return time, job.Reading("pump-1", "vibration", value, time, sequence)


def published(job: ModuleType, seconds_and_values: Sequence[tuple[float, float]]) -> list[Any]:
    readings = [reading(job, second, value) for second, value in seconds_and_values]
    return run(job.StuckSensors(), readings, START + LATER)


def test_movement_closes_a_window_at_its_last_reading(stuck_sensors: ModuleType) -> None:
    stuck = [(second, 7.0) for second in range(10)]
    (result,) = published(stuck_sensors, [*stuck, (10, 7.2)])
    assert result == stuck_sensors.StuckSensor(
        "pump-1", "vibration", START, START + timedelta(seconds=9), 7.0, 10, "movement"
    )


def test_silence_closes_a_window_by_timeout(stuck_sensors: ModuleType) -> None:
    (result,) = published(stuck_sensors, [(second, 7.0) for second in range(10)])
    assert (result.window_end, result.closed_by) == (START + timedelta(seconds=9), "timeout")


def test_a_window_stays_open_until_the_silence_is_as_long_as_the_timeout(
    stuck_sensors: ModuleType,
) -> None:
    readings = [reading(stuck_sensors, second, 7.0) for second in range(10)]
    last = START + timedelta(seconds=9)
    window = stuck_sensors.StuckSensors()
    assert run(window, readings, last + timedelta(milliseconds=29_999)) == []
    assert len(run(window, readings, last + timedelta(seconds=30))) == 1


def test_fewer_than_ten_readings_are_not_published(stuck_sensors: ModuleType) -> None:
    assert published(stuck_sensors, [(second, 7.0) for second in range(9)]) == []


def test_a_reading_after_exactly_thirty_seconds_extends_the_window(
    stuck_sensors: ModuleType,
) -> None:
    (result,) = published(stuck_sensors, [(30.0 * n, 7.0) for n in range(10)])
    assert result.readings == 10


def test_a_reading_after_more_than_thirty_seconds_closes_by_timeout(
    stuck_sensors: ModuleType,
) -> None:
    stuck = [(second, 7.0) for second in range(10)]
    (result,) = published(stuck_sensors, [*stuck, (39.001, 7.0)])
    assert (result.readings, result.closed_by) == (10, "timeout")


def test_values_are_compared_with_the_first_reading_not_with_the_last(
    stuck_sensors: ModuleType,
) -> None:
    drifting = [(second, 7.0 + 0.0051 * second) for second in range(12)]
    (result,) = published(stuck_sensors, drifting)
    assert (result.readings, result.closed_by) == (10, "movement")


def test_readings_of_one_time_are_ordered_by_sequence(stuck_sensors: ModuleType) -> None:
    stuck = [reading(stuck_sensors, second, 7.0, second) for second in range(9)]
    last = reading(stuck_sensors, 9, 7.0, 9)
    moved = reading(stuck_sensors, 9, 9.0, 10)
    window = stuck_sensors.StuckSensors()
    assert len(run(window, [moved, *stuck, last], START + LATER)) == 1
    earlier = reading(stuck_sensors, 9, 9.0, 8)
    assert run(window, [earlier, *stuck, last], START + LATER) == []


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[int, float]]:
    gaps = draw(st.lists(st.sampled_from([1, 2, 5, 29, 30, 31, 70]), min_size=1, max_size=60))
    values = draw(
        st.lists(
            st.sampled_from([7.0, 7.0, 7.0, 7.0, 7.05, 7.06, 9.0]),
            min_size=len(gaps),
            max_size=len(gaps),
        )
    )
    seconds = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    return list(zip(seconds, values, strict=True))


def expected(seconds_and_values: list[tuple[int, float]]) -> list[tuple[int, int, int, str]]:
    """Cuts the sequence at once instead of walking it: (start, end, readings, closed by)."""
    found = []
    rest = seconds_and_values
    while rest:
        stays = [abs(value - rest[0][1]) <= 0.05 for _, value in rest]
        near = [True, *(late - early <= 30 for (early, _), (late, _) in pairwise(rest))]
        together = [same and close for same, close in zip(stays, near, strict=True)]
        size = together.index(False) if False in together else len(rest)
        moved = size < len(rest) and near[size]
        if size >= 10:
            cause = "movement" if moved else "timeout"
            found.append((rest[0][0], rest[size - 1][0], size, cause))
        rest = rest[size:]
    return found


@given(sequence=sequences(), cuts=st.lists(st.integers(0, 3000), max_size=30), order=st.randoms())
def test_results_do_not_depend_on_how_time_is_cut_into_steps(
    stuck_sensors: ModuleType, sequence: list[tuple[int, float]], cuts: list[int], order: Any
) -> None:
    window = stuck_sensors.StuckSensors()
    readings = [reading(stuck_sensors, second, value) for second, value in sequence]
    state, results = None, []
    ends = sorted({START + timedelta(seconds=cut) for cut in cuts} | {START + LATER * 3})
    for begin, end in pairwise([START - LATER, *ends]):
        step = [(to_millis(time), record) for time, record in readings if begin < time <= end]
        order.shuffle(step)
        state, published_now = at_step(window, state, step, to_millis(end))
        results += published_now
    got = [
        (
            (result.window_start - START).seconds,
            (result.window_end - START).seconds,
            result.readings,
            result.closed_by,
        )
        for result in results
    ]
    assert got == expected(sequence)
