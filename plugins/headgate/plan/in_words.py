"""Durations, sizes and counts as people say them."""

from datetime import timedelta

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def duration_in_words(duration: timedelta) -> str:
    """`0.4 s`, `38 s`, `12 min`, `5 h`, `3 d`: two digits are enough to judge by."""
    seconds = duration.total_seconds()
    if seconds < 10:  # noqa: PLR2004 - one digit before the point
        return f"{seconds:.1f} s"
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def bytes_in_words(size: int) -> str:
    """`512 B`, `3.2 kB`, `17 MB`, in powers of 1000."""
    value = float(size)
    for name in ("B", "kB", "MB", "GB", "TB"):
        if value < 1000 or name == "TB":  # noqa: PLR2004 - the next unit
            break
        value /= 1000
    return f"{value:.1f} {name}" if value < 10 and name != "B" else f"{value:.0f} {name}"  # noqa: PLR2004


def count_in_words(number: int, thing: str) -> str:
    """`1 record`, `12,000 records`."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
