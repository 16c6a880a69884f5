"""Points in time as people type them."""

from datetime import UTC, datetime, timedelta

from headgate.errors import Rejected
from headgate.spec.quantities import parse_duration


def parse_point(text: str, now: datetime) -> datetime:
    """`2026-11-24T07:43:00Z` (UTC where no offset is given), or `10m` for ten minutes ago.

    Raises `Rejected` for anything else.
    """
    try:
        return now - parse_duration(text)
    except (ValueError, OverflowError):
        pass
    try:
        point = datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(
            f"'{text}' is not a time",
            next_step="write 10m (ten minutes ago; also s, h, d) or 2026-11-24T07:43:00Z",
        ) from None
    return point if point.tzinfo else point.replace(tzinfo=UTC)


def parse_length(text: str, option: str) -> timedelta:
    """A duration given to an option: `90s`. Raises `Rejected` for anything else."""
    try:
        return parse_duration(text)
    except (ValueError, OverflowError) as error:
        raise Rejected(f"{option}: {error}") from None
