"""Compare what was published with what may have been: lost, repeated, wrong."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from headgate.demo.oracle.outcome import Closed, Group, Outcome, Row
from headgate.demo.oracle.shape import Shape, same

_EXAMPLES = 10


@dataclass
class Verdict:
    """The judgement on one job's results. It is good when nothing is lost, repeated or wrong."""

    lost: int = 0
    """Results that must be there and are not."""
    repeated: int = 0
    """Further copies of a result that is there already."""
    wrong: int = 0
    """Results with other values than any legal run gives, or that no legal run gives at all."""
    late_accepted: int = 0
    """Stragglers that were counted because a partition held the watermark back; no error."""
    windows_out: int = 0
    """Records published."""
    windows_due: int = 0
    """Results that must be there. A verdict with none proves nothing."""
    examples: list[str] = field(default_factory=list)
    """Some of what is lost, repeated or wrong, in words."""

    @property
    def good(self) -> bool:
        """Nothing lost, repeated or wrong."""
        return not (self.lost or self.repeated or self.wrong)

    def count_lost(self, shape: Shape, row: Row) -> None:
        """One result is missing."""
        self.lost += 1
        self._note("lost", shape, row)

    def count_repeated(self, shape: Shape, row: Row) -> None:
        """One result is there once too often."""
        self.repeated += 1
        self._note("repeated", shape, row)

    def count_wrong(self, shape: Shape, row: Row, why: str, expected: Row | None = None) -> None:
        """One result should not be there as it is."""
        self.wrong += 1
        self._note(f"wrong ({why})", shape, row, expected)

    def _note(self, what: str, shape: Shape, row: Row, expected: Row | None = None) -> None:
        if len(self.examples) < _EXAMPLES:
            instead = f"; expected {_in_words(shape, expected)}" if expected else ""
            self.examples.append(f"{what}: {_in_words(shape, row)}{instead}")


@dataclass(frozen=True)
class Expectation:
    """Everything one job may publish."""

    shape: Shape
    groups: Mapping[Any, Group]
    group_of: Callable[[Row], Hashable]
    """Key of the group that a published row belongs to; the key need not exist."""


def compare(
    expected: Expectation, published: Iterable[Mapping[str, object]], closed: Closed
) -> Verdict:
    """Judge the published records (decoded, in any order) of one job."""
    verdict = Verdict()
    by_group = _unrepeated(expected, published, verdict)
    for key, group in expected.groups.items():
        rows = by_group.pop(key, [])
        first: Outcome | None = None
        explained = False
        for outcome in group.outcomes(rows, closed):
            if first is None:
                first = outcome
                verdict.windows_due += sum(row.closes_at <= closed.surely for row in outcome.rows)
            if _explains(expected.shape, outcome, rows, closed):
                verdict.late_accepted += outcome.late_accepted
                explained = True
                break
        if not explained and first is not None:
            _report(expected.shape, first, rows, closed, verdict)
    for rows in by_group.values():
        for row in rows:
            verdict.count_wrong(expected.shape, row, "there is no such window")
    return verdict


def _unrepeated(
    expected: Expectation, published: Iterable[Mapping[str, object]], verdict: Verdict
) -> dict[Hashable, list[Row]]:
    """The first copy of each result by group; counts the further ones and malformed records."""
    shape = expected.shape
    seen: dict[Row, Row] = {}
    by_group: defaultdict[Hashable, list[Row]] = defaultdict(list)
    for record in published:
        verdict.windows_out += 1
        row = shape.row_of(record)
        if row is None:
            row = tuple(str(record.get(name)) for name in shape.fields)
            verdict.count_wrong(shape, row, "a field is missing")
            continue
        earlier = seen.setdefault(shape.identity_of(row), row)
        if earlier is row:
            by_group[expected.group_of(row)].append(row)
            continue
        verdict.count_repeated(shape, row)
        if not same(earlier, row):
            verdict.count_wrong(shape, row, "its copies differ")
    return by_group


def _explains(shape: Shape, outcome: Outcome, rows: Sequence[Row], closed: Closed) -> bool:
    """Whether the outcome leads to exactly these rows, given what may still be under way."""
    present = {shape.identity_of(row): row for row in rows}
    for row, closes_at in outcome.rows:
        found = present.pop(shape.identity_of(row), None)
        if found is None:
            if closes_at <= closed.surely:
                return False
        elif closes_at > closed.possibly or not same(row, found):
            return False
    return not present


def _report(
    shape: Shape, outcome: Outcome, rows: Sequence[Row], closed: Closed, verdict: Verdict
) -> None:
    """Count how the rows differ from the outcome."""
    present = {shape.identity_of(row): row for row in rows}
    for row, closes_at in outcome.rows:
        found = present.pop(shape.identity_of(row), None)
        if found is None:
            if closes_at <= closed.surely:
                verdict.count_lost(shape, row)
        elif not same(row, found):
            verdict.count_wrong(shape, found, "other values", row)
        elif closes_at > closed.possibly:
            verdict.count_wrong(shape, found, "published before it was closed")
    for row in present.values():
        verdict.count_wrong(shape, row, "not expected")


def _in_words(shape: Shape, row: Row) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(shape.fields, row, strict=True))
