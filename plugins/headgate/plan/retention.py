"""What a topic keeps, what a change of that deletes, and who still needs it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from headgate.clients.observed import ExpiringRecords
from headgate.plan.topic_use import TopicUse
from headgate.spec.quantities import format_duration

DECIDES_DELETION = ("retention.ms", "retention.bytes", "cleanup.policy")
"""Configurations that together say which records Kafka deletes."""

_NO_LIMIT = -1


@dataclass(frozen=True)
class Kept:
    """Which records stay. Time and size count only where the clean-up deletes at all."""

    time: timedelta | None
    """None: no limit."""
    size: int | None
    """Bytes of one partition; None: no limit."""
    clean_up: frozenset[str]
    """`delete`, `compact`, or both."""

    @property
    def compacts(self) -> bool:
        """Only the last record of each key is sure to stay."""
        return "compact" in self.clean_up

    def keeps_less_than(self, before: "Kept") -> bool:
        """Whether records that stay now would be deleted."""
        return (
            _is_less(self.time, before.time)
            or _is_less(self.size, before.size)
            or (self.compacts and not before.compacts)
        )


def kept_by(in_force: Mapping[str, str]) -> Kept | None:
    """What a topic with these configurations keeps; None where one of them is not known."""
    if any(key not in in_force for key in DECIDES_DELETION):
        return None
    clean_up = clean_up_policies(in_force["cleanup.policy"])
    deletes = "delete" in clean_up
    return Kept(
        _time(int(in_force["retention.ms"])) if deletes else None,
        _size(int(in_force["retention.bytes"])) if deletes else None,
        clean_up,
    )


def clean_up_policies(value: str) -> frozenset[str]:
    """The policies that a value of `cleanup.policy` lists; their order has no meaning."""
    return frozenset(part.strip() for part in value.split(",") if part.strip())


def losses(
    before: Kept, after: Kept, uses: Sequence[TopicUse], expiring: ExpiringRecords | None
) -> Iterator[str]:
    """What a change deletes, with the amount where it was asked, and which jobs it hurts."""
    if before.clean_up != after.clean_up:
        yield _clean_up_change(before, after, expiring)
    if _is_less(after.time, before.time):
        yield (
            f"the time for which records are kept goes from {_readable_time(before.time)} to "
            f"{_readable_time(after.time)}: {_by_time(after.time, expiring)}"
        )
    if _is_less(after.size, before.size):
        yield (
            f"the size up to which a partition is kept goes from {_readable_size(before.size)} to "
            f"{_readable_size(after.size)}: where a partition is larger, the oldest of its records "
            f"would be deleted{_of_all(expiring)}; how many is not known, because this client "
            "cannot read sizes on disk"
        )
    if after.keeps_less_than(before):
        yield from short_windows(after, uses)


def short_windows(kept: Kept | None, uses: Sequence[TopicUse]) -> Iterator[str]:
    """Jobs whose declared replay window is longer than what the topic keeps.

    The two stand in two files, and both are somebody's will: so this is no error of the files,
    which would stop every plan, but a reason of each change that brings the topic to keep too
    little. A change that only makes it keep more, though still too little, goes through without
    an approval and says so: to hold it back would cost the records that it saves.
    """
    for use in uses:
        window = use.replay_window
        if window is None:
            continue
        said = f"job {use.job} declares a replay window of {format_duration(window)}"
        if kept is None:
            yield f"{said}, and what the brokers keep by default is not known"
        elif kept.time is not None and kept.time < window:
            yield f"{said}, but the topic would keep only {_readable_time(kept.time)}"
        elif kept.compacts:
            yield f"{said}, of which compaction leaves only the last record of each key"


def _by_time(time: timedelta | None, expiring: ExpiringRecords | None) -> str:
    if expiring is None:
        return "records that are older would be deleted"
    amount = (
        f"{expiring.expiring:,} of {expiring.retained:,} records are older than "
        f"{_readable_time(time)} and would be deleted"
    )
    unread = [
        f"{records:,} of them job {job} has not read yet"
        for job, records in sorted(expiring.unread.items())
        if records
    ]
    return ", ".join((amount, *unread))


def _clean_up_change(before: Kept, after: Kept, expiring: ExpiringRecords | None) -> str:
    effects: list[str] = []
    if after.compacts and not before.compacts:
        effects.append(
            f"of each key only the last record stays{_of_all(expiring)}, and records without a "
            "key are no longer taken"
        )
    if before.compacts and not after.compacts:
        effects.append("compaction ends: older records of a key stay as long as all others")
    if "delete" in after.clean_up - before.clean_up:
        effects.append("records beyond the retention are deleted, also the last one of a key")
    if "delete" in before.clean_up - after.clean_up:
        effects.append("no record is deleted by age or size any more")
    return (
        f"clean-up changes from {_readable_policies(before)} to {_readable_policies(after)}: "
        f"{'; '.join(effects)}"
    )


def _of_all(expiring: ExpiringRecords | None) -> str:
    return f" (the topic has {expiring.retained:,} records)" if expiring is not None else ""


def _readable_policies(kept: Kept) -> str:
    return ",".join(sorted(kept.clean_up)) or "none"


def _is_less(after: timedelta | int | None, before: timedelta | int | None) -> bool:
    if after is None:
        return False
    return before is None or after < before  # type: ignore[operator] # both are of one kind


def _time(milliseconds: int) -> timedelta | None:
    try:
        return None if milliseconds == _NO_LIMIT else timedelta(milliseconds=milliseconds)
    except OverflowError:  # Kafka takes up to 2^63 - 1 ms, and some write that for "forever"
        return None


def _size(size: int) -> int | None:
    return None if size == _NO_LIMIT else size


def _readable_time(time: timedelta | None) -> str:
    return "no limit" if time is None else format_duration(time)


def _readable_size(size: int | None) -> str:
    return "no limit" if size is None else f"{size:,} bytes"
