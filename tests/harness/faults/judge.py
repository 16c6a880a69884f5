"""The verdict on results: lost, repeated or wrong windows, by comparison with plain Python."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Window = tuple[int, tuple[int, int]]
"""Start in epoch milliseconds; beats and sum of numbers."""


@dataclass(frozen=True)
class Verdict:
    """Starts of windows. `judged` is how many were expected."""

    judged: int
    lost: Sequence[int]
    repeated: Sequence[int]
    wrong: Sequence[int]
    early: Sequence[int]
    """Published although their end had not come."""

    @property
    def is_exactly_once(self) -> bool:
        """Every window once, with the right numbers, none before its time."""
        return not (self.lost or self.repeated or self.wrong or self.early)


def judge(
    expected: Mapping[int, tuple[int, int]],
    published: Sequence[Window],
    *,
    up_to: int | None = None,
) -> Verdict:
    """Compare what was published with what had to be.

    `published` must have been read before `expected` was made up, so that a window that is
    published and not expected has come too early. `up_to` is the last window that is asked for;
    by default the newest published one: windows come in order, so a gap before it is a loss.
    """
    newest = max((start for start, _ in published), default=0)
    last = newest if up_to is None else up_to
    wanted = {start: numbers for start, numbers in expected.items() if start <= last}
    seen = [(start, numbers) for start, numbers in published if start <= last]
    times = Counter(start for start, _ in seen)
    return Verdict(
        judged=len(wanted),
        lost=sorted(set(wanted) - set(times)),
        repeated=sorted(start for start, count in times.items() if count > 1),
        wrong=sorted({s for s, numbers in seen if s in wanted and wanted[s] != numbers}),
        early=sorted(set(times) - set(wanted)),
    )
