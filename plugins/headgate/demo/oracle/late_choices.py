"""Readings of one key in the order of event time, of which some may have been dropped.

Common to the two jobs that look at readings one after the other: `stuck-sensors` and
`threshold-breaches`. Both sort by (time, sequence), process a reading when the watermark reaches
it, and drop one that arrives at or behind the watermark.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from headgate.demo.oracle.outcome import Closed, Expected, Outcome, Row
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.shape import Shape, same

State = TypeVar("State", bound=Hashable)

_MOST_PATHS = 2_000


class Machine(Protocol[State]):
    """The job's logic for one key, as a function of its state."""

    @property
    def start(self) -> State:
        """The state before any reading."""
        ...

    def step(self, state: State, time: int, value: float) -> tuple[State, Expected | None]:
        """The next state, and the row that the reading leads to."""
        ...

    def finish(self, state: State) -> Expected | None:
        """The row that silence leads to."""
        ...


class _Path(NamedTuple, Generic[State]):
    state: State
    rows: tuple[Expected, ...]
    accepted: int


@dataclass(frozen=True)
class KeyedSamples(Generic[State]):
    """The readings of one key, and all rows that may come of them."""

    shape: Shape
    machine: Machine[State]
    samples: list[Sample]

    def outcomes(self, published: Sequence[Row], closed: Closed) -> Iterator[Outcome]:
        """First without any reading that may be dropped; then what fits the published rows."""
        ordered = sorted(self.samples)
        rows: list[Expected] = []
        state, step = self.machine.start, self.machine.step
        late = False
        for time, _, value, bound in ordered:
            if time <= bound:
                late = True
                continue
            state, row = step(state, time, value)
            if row is not None:
                rows.append(row)
        yield self._outcome(_Path(state, tuple(rows), 0))
        if late:
            for other in self._other_paths(ordered, published, closed):
                yield self._outcome(other)

    def _other_paths(
        self, ordered: list[Sample], published: Sequence[Row], closed: Closed
    ) -> list[_Path[State]]:
        by_identity = {self.shape.identity_of(row): row for row in published}
        paths = {_Path(self.machine.start, (), 0)}
        for sample in ordered:
            advanced = {self._advanced(path, sample) for path in paths}
            if sample.time <= sample.bound:  # it may have been dropped
                paths |= {path._replace(accepted=path.accepted + 1) for path in advanced}
            else:
                paths = advanced
            paths = {path for path in paths if self._is_possible(path, by_identity, closed)}
            paths = _fewest_accepted(paths)
            if len(paths) > _MOST_PATHS:
                return []
        return sorted(paths, key=lambda path: path.accepted)

    def _advanced(self, path: _Path[State], sample: Sample) -> _Path[State]:
        state, row = self.machine.step(path.state, sample.time, sample.value)
        return _Path(state, (*path.rows, row) if row else path.rows, path.accepted)

    def _outcome(self, path: _Path[State]) -> Outcome:
        last = self.machine.finish(path.state)
        return Outcome((*path.rows, last) if last else path.rows, path.accepted)

    def _is_possible(self, path: _Path[State], published: dict[Row, Row], closed: Closed) -> bool:
        """Whether the path's last row, if it is new, agrees with what was published."""
        if not path.rows:
            return True
        row, closes_at = path.rows[-1]
        found = published.get(self.shape.identity_of(row))
        if found is None:
            return closes_at > closed.surely
        return same(row, found)


def _fewest_accepted(paths: set[_Path[State]]) -> set[_Path[State]]:
    """Of paths that differ only in the number of accepted readings, the one with the fewest."""
    fewest: dict[tuple[State, tuple[Expected, ...]], _Path[State]] = {}
    for path in paths:
        key = (path.state, path.rows)
        if key not in fewest or path.accepted < fewest[key].accepted:
            fewest[key] = path
    return set(fewest.values())
