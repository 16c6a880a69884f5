"""What the jobs need of a reading beyond its key, in one small tuple that they share."""

from typing import NamedTuple


class Sample(NamedTuple):
    """One reading; sorts by time, then sequence, as the jobs do."""

    time: int
    sequence: int
    value: float
    bound: int
    """What the watermark was at most when the reading arrived."""
