"""device-sessions: stretches of a device without a silence of more than thirty seconds.

What Flink's session operator does with a reading (`MergingWindowProcessFunction`): its own
window [time, time + gap) is merged with all live windows that it overlaps or touches; if the
last millisecond of the *merged* window is at or behind the watermark, the reading is dropped. So a
straggler within a session that is still live is counted, whatever its age. A window whose last
millisecond the watermark reaches is published and forgotten.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from headgate.demo.oracle.arrival import Arrival
from headgate.demo.oracle.compare import Expectation
from headgate.demo.oracle.outcome import Closed, Expected, Group, Outcome, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape, same

GAP = 30_000
SHAPE = Shape(
    (
        "device_id",
        "session_start",
        "session_end",
        "readings",
        "missing_readings",
        "last_reading",
    ),
    identity=2,
)
_MOST_RUNS = 2_000


def _is_behind(report: Sample) -> bool:
    """Whether an earlier session that the reading touches may be closed already."""
    return report.time <= report.bound + 1


class _Session(NamedTuple):
    start: int
    end: int
    readings: int
    least_sequence: int
    greatest_sequence: int

    def merged(self, other: "_Session") -> "_Session":
        return _Session(
            min(self.start, other.start),
            max(self.end, other.end),
            self.readings + other.readings,
            min(self.least_sequence, other.least_sequence),
            max(self.greatest_sequence, other.greatest_sequence),
        )


class _Run(NamedTuple):
    """State of the operator for one device after some readings."""

    live: tuple[_Session, ...] = ()
    published: tuple[_Session, ...] = ()

    def after(self, report: Sample, watermark: int | None) -> "_Run":
        """The state once the watermark (None: no news of it) and then the reading have come."""
        live = self.live
        published = self.published
        if watermark is not None:
            published += tuple(one for one in live if one.end - 1 <= watermark)
            live = tuple(one for one in live if one.end - 1 > watermark)
        session = _Session(report.time, report.time + GAP, 1, report.sequence, report.sequence)
        apart = []
        for one in live:
            if one.start <= session.end and session.start <= one.end:
                session = session.merged(one)
            else:
                apart.append(one)
        if watermark is not None and session.end - 1 <= watermark:
            return _Run(live, published)
        return _Run((*apart, session), published)

    @property
    def readings(self) -> int:
        return sum(one.readings for one in (*self.live, *self.published))


class DeviceSessions:
    """Collects readings; then says what may have been published."""

    def __init__(self) -> None:
        self._reports: defaultdict[str, list[Sample]] = defaultdict(list)

    def add(self, reading: Arrival, sample: Sample) -> None:
        """Take the next reading of its partition."""
        self._reports[reading[2]].append(sample)

    def expectation(self) -> Expectation:
        """What may have been published."""
        stretches: dict[tuple[str, int], Group] = {
            (device, stretch.start): stretch
            for device, reports in self._reports.items()
            for stretch in _stretches(device, reports)
        }
        starts: defaultdict[str, list[int]] = defaultdict(list)
        for device, start in stretches:
            starts[device].append(start)

        def stretch_of(row: Row) -> tuple[str, int] | None:
            device, start = row[0], row[1]
            if not isinstance(device, str) or not isinstance(start, int):
                return None
            position = bisect_right(starts.get(device, []), start) - 1
            return (device, starts[device][position]) if position >= 0 else None

        return Expectation(SHAPE, stretches, stretch_of)


@dataclass(frozen=True)
class _Stretch:
    """Readings of one device, in order of arrival, that no silence separates from each other."""

    device: str
    start: int
    reports: list[Sample]

    def outcomes(self, published: Sequence[Row], closed: Closed) -> Iterator[Outcome]:
        if not any(_is_behind(report) for report in self.reports):
            yield self._outcome(_whole(self.reports), len(self.reports))
            return
        run = _Run()
        for report in self.reports:
            run = run.after(report, report.bound)
        yield self._outcome(run, run.readings)
        for other in self._other_runs(published, closed):
            yield self._outcome(other, run.readings)

    def _other_runs(self, published: Sequence[Row], closed: Closed) -> list[_Run]:
        """Runs with watermarks held back by other partitions, as far as `published` allows them.

        Only at readings that are behind does it matter how far the watermark is, and there only
        which of the live windows it has passed.
        """
        rows: dict[object, Row] = {row[1]: row for row in published}
        runs = {_Run()}
        for report in self.reports:
            runs = {
                after
                for run in runs
                for watermark in _watermarks(run, report)
                if self._is_possible(after := run.after(report, watermark), run, rows, closed)
            }
            if len(runs) > _MOST_RUNS:
                return []
        return sorted(runs, key=lambda run: run.readings)

    def _is_possible(
        self, after: _Run, before: _Run, rows: dict[object, Row], closed: Closed
    ) -> bool:
        """Whether each session that has just been published is among the published ones."""
        for session in after.published[len(before.published) :]:
            expected = self._expected(session)
            row = rows.get(session.start)
            if row is None:
                if expected.closes_at <= closed.surely:
                    return False
            elif not same(expected.row, row):
                return False
        return True

    def _outcome(self, run: _Run, readings_without_late: int) -> Outcome:
        rows = tuple(self._expected(session) for session in (*run.published, *run.live))
        return Outcome(rows, max(0, run.readings - readings_without_late))

    def _expected(self, session: _Session) -> Expected:
        sequences = session.greatest_sequence - session.least_sequence + 1
        row = (
            *(self.device, session.start, session.end, session.readings),
            *(sequences - session.readings, session.end - GAP),
        )
        return Expected(row, session.end - 1)


def _whole(reports: list[Sample]) -> _Run:
    """The run in which all readings make one session."""
    times = [report.time for report in reports]
    sequences = [report.sequence for report in reports]
    session = _Session(min(times), max(times) + GAP, len(reports), min(sequences), max(sequences))
    return _Run((session,))


def _watermarks(run: _Run, report: Sample) -> set[int | None]:
    """Watermarks at the reading's arrival that make a difference."""
    if not _is_behind(report):
        return {None}
    ends = {session.end - 1 for session in run.live} | {report.time + GAP - 1}
    return {None} | {end for end in ends if end <= report.bound}


def _stretches(device: str, reports: list[Sample]) -> Iterator[_Stretch]:
    """Cut a device's readings at silences; ascending in time."""
    ordered = sorted(range(len(reports)), key=lambda index: reports[index].time)
    begin = 0
    for position in range(1, len(ordered) + 1):
        if position < len(ordered):
            silence = reports[ordered[position]].time - reports[ordered[position - 1]].time
            if silence <= GAP:
                continue
        start = reports[ordered[begin]].time
        indices = sorted(ordered[begin:position])
        yield _Stretch(device, start, [reports[index] for index in indices])
        begin = position
