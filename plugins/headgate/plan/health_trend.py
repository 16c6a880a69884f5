"""Whether checkpoints become slower or larger, look after look."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median

from headgate.plan.health_memory import Sample
from headgate.plan.in_words import bytes_in_words, duration_in_words

_FEWEST = 6
"""Looks that a trend needs."""
_GROWTH = 1.5
"""So much larger must the last third be than the first."""
_STEADINESS = 0.6
"""So many more pairs of looks must rise than fall, as a share of all pairs (Kendall's tau)."""
_NOTICEABLE_DURATION = timedelta(seconds=1)
_NOTICEABLE_BYTES = 64 * 2**20
"""Below these, growth is no reason to worry: a new job's state always grows."""

Point = tuple[datetime, float]


def growing(samples: Sequence[Sample]) -> str | None:
    """What grows, with figures, in words; None where nothing does."""
    durations = [
        (one.at, one.duration.total_seconds()) for one in samples if one.duration is not None
    ]
    if is_growing(durations, _NOTICEABLE_DURATION.total_seconds()):
        first, last = (
            duration_in_words(timedelta(seconds=value)) for value in _first_and_last(durations)
        )
        return f"checkpoints take longer and longer: {first}, now {last}, {_over(durations)}"
    sizes = [(one.at, float(one.state_bytes)) for one in samples if one.state_bytes is not None]
    if is_growing(sizes, _NOTICEABLE_BYTES):
        first, last = (bytes_in_words(int(value)) for value in _first_and_last(sizes))
        return f"the state grows and grows: {first}, now {last}, {_over(sizes)}"
    return None


def is_growing(points: Sequence[Point], noticeable: float) -> bool:
    """Whether values rise steadily to at least `noticeable`, and by half of what they were."""
    if len(points) < _FEWEST:
        return False
    first, last = _first_and_last(points)
    if last < noticeable or last < _GROWTH * first:
        return False
    values = [value for _, value in points]
    pairs = list(combinations(values, 2))
    rising = sum((later > earlier) - (later < earlier) for earlier, later in pairs)
    return rising >= _STEADINESS * len(pairs)


def _first_and_last(points: Sequence[Point]) -> tuple[float, float]:
    """Medians of the first and of the last third, so that one odd look decides nothing."""
    third = max(1, len(points) // 3)
    return (
        median(value for _, value in points[:third]),
        median(value for _, value in points[-third:]),
    )


def _over(points: Sequence[Point]) -> str:
    return f"over {duration_in_words(points[-1][0] - points[0][0])}"
