"""Times as Flink writes them."""

from datetime import UTC, datetime


def read_time(milliseconds: int) -> datetime:
    """Epoch milliseconds as an aware time."""
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
