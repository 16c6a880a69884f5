from datetime import timedelta

import pytest
from headgate_runtime.window_queries import interval, key_text, silence_step


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(seconds=5), "0 00:00:05.000"),
        (timedelta(milliseconds=30_001), "0 00:00:30.001"),
        (timedelta(days=400, hours=23, minutes=59, seconds=59), "400 23:59:59.000"),
    ],
)
def test_intervals_hold_any_duration_exactly(duration: timedelta, text: str) -> None:
    assert interval(duration) == f"INTERVAL '{text}' DAY(3) TO SECOND(3)"


def test_silences_are_noticed_as_exactly_as_readings_are_handed_over() -> None:
    second = timedelta(seconds=1)
    assert silence_step(timedelta(seconds=5), second) == second
    assert silence_step(timedelta(seconds=30), second) == 3 * second


def test_the_text_of_a_key_of_several_columns_carries_lengths() -> None:
    assert key_text(["device_id"]) == "CAST(`device_id` AS STRING)"
    assert key_text(["a", "b"]) == (
        "CAST(CHAR_LENGTH(CAST(`a` AS STRING)) AS STRING) || ':' || CAST(`a` AS STRING)"
        " || CAST(`b` AS STRING)"
    )
