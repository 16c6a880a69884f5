"""A hand-over gate as the runtime has it: it judges by its file, and tells what it has judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from headgate.clients.flink import GatePicture
from headgate.operations.handover_bounds import bounds_given
from headgate.plan.handover import OPEN, Bounds

LEAST, GREATEST = -(2**63), 2**63 - 1


@dataclass
class FakeGate:
    """One instance. `reads` is False while it does not see what is written into its file."""

    file: Path
    reads: bool = True
    bounds: Bounds = OPEN
    judged: int = LEAST
    judged_before: int = LEAST
    published: list[int] = field(default_factory=list)

    def read(self) -> None:
        """What it does once a second, and before it judges."""
        given = bounds_given(self.file)
        if self.reads and given != self.bounds:
            self.bounds, self.judged_before = given, self.judged

    def judge(self, bound: int) -> None:
        """A result with this bound comes."""
        self.read()
        self.judged = max(self.judged, bound)
        if self._after < bound <= self._until:
            self.published.append(bound)

    @property
    def picture(self) -> GatePicture:
        """What the client makes of its gauges."""
        self.read()
        return GatePicture(self._after, self._until, self.judged, self.judged_before)

    @property
    def _after(self) -> int:
        return LEAST if self.bounds.after is None else self.bounds.after

    @property
    def _until(self) -> int:
        return GREATEST if self.bounds.until is None else self.bounds.until


def gauges_of(gates: Sequence[FakeGate]) -> Mapping[str, int]:
    """Of the instances of one gate, by the names that Flink gives them."""
    found: dict[str, int] = {}
    for instance, gate in enumerate(gates):
        shown = gate.picture
        found |= {
            f"{instance}.Calc[6].handoverAfter": shown.after,
            f"{instance}.Calc[6].handoverUntil": shown.until,
            f"{instance}.Calc[6].handoverJudged": shown.judged,
            f"{instance}.Calc[6].handoverJudgedBefore": shown.judged_before,
        }
    return found
