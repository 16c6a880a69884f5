"""However looks, writes, deaths and gates that see late follow each other: nothing is lost unseen.

One result comes each second in both jobs, in the order of their bounds.
"""

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from harness.fake_gate import FakeGate
from harness.gates_in_memory import ClusterInMemory, ServicesInMemory
from harness.offline_project import START, SetClock
from harness.offline_services import offline_services
from headgate.ids import FlinkJobId, FlinkLineName, JobName, OperationId
from headgate.ledger.records import Json, LeaseRecord, OperationRecord
from headgate.operations.engine.phases import FAILED
from headgate.operations.engine.step import Done, Intention, Pending, Run
from headgate.operations.handing_over import side
from headgate.operations.handing_over.agree import Agree
from headgate.operations.handing_over.side import as_intent
from headgate.operations.handover_bounds import bounds_file, write_bounds
from headgate.plan.handover import CLOSED, Bounds
from hypothesis import example, given, settings
from hypothesis import strategies as st

JOB = JobName("beats-per-second")
OLD, NEW = FlinkLineName("2.2"), FlinkLineName("2.3")
BEGAN = 1_772_323_200_000
SECOND = 1000
MOVES = st.one_of(
    st.tuples(st.sampled_from(["old", "new", "both"]), st.integers(1, 25)),
    st.tuples(st.sampled_from(["look", "act", "die in act"]), st.just(0)),
    st.tuples(st.sampled_from(["blind old", "blind new", "see old", "see new"]), st.just(0)),
)


@dataclass
class HandOver:
    """Both jobs, and the step as far as it has come."""

    folder: Path
    progress: dict[str, Any] = field(default_factory=dict)
    found: Json | None = None
    """Its evidence, when it is done."""

    def __post_init__(self) -> None:
        services = offline_services(self.folder, clock=SetClock().clock)
        self.gates = {
            line: FakeGate(bounds_file(services, JOB, FlinkJobId(f"job-{line}")), judged=BEGAN)
            for line in (OLD, NEW)
        }
        write_bounds(self.gates[NEW].file, CLOSED)
        self.gates[NEW].read()  # before its first result
        clusters = {line: ClusterInMemory(line, gate) for line, gate in self.gates.items()}
        operation = OperationRecord(
            OperationId("o"), "upgrade", JOB, "running", {}, "test", "", "", START, None
        )
        lease = LeaseRecord(JOB, operation.id, 1, "test", START)
        self.run = Run(
            operation,
            lease,
            ServicesInMemory(
                services.project, services.environment, services.clock, clusters=clusters
            ),
            {},
        )
        sides = {line: as_intent(f"job-{line}", line, 1) for line in (OLD, NEW)}
        self.intent = {"old": sides[OLD], "new": sides[NEW], "old_after": None}

    @property
    def intention(self) -> Intention:
        return Intention(
            {**self.intent, "deadline_seconds": 1e9}, self.progress, SetClock().at - START
        )

    def look(self, writes: int) -> None:
        """One look, and if it asks for that the act, which dies after so many writes."""
        looked = Agree().look(self.run, self.intention)
        if isinstance(looked, Done):
            self.found = looked.evidence
        elif isinstance(looked, Pending):
            self.progress = dict(looked.progress or self.progress)
        elif writes:
            self.act(writes)

    def act(self, writes: int) -> None:
        left = [writes]

        def write(file: Path, bounds: Bounds) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            write_bounds(file, bounds)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(side, "write_bounds", write)
            try:
                Agree().act(self.run, self.intention)
            except KeyboardInterrupt:
                return

    def go_on(self, line: FlinkLineName, seconds: int) -> None:
        """So many results come out of a job."""
        gate = self.gates[line]
        for _ in range(seconds):
            gate.judge(gate.judged + SECOND)

    def move(self, what: str, seconds: int) -> None:
        writes = {"look": 0, "act": 2, "die in act": 1}
        if what in writes:
            self.look(writes[what])
        elif what in ("old", "new", "both"):
            for line in {"old": [OLD], "new": [NEW], "both": [OLD, NEW]}[what]:
                self.go_on(line, seconds)
        else:
            verb, name = what.split()
            self.gates[OLD if name == "old" else NEW].reads = verb == "see"

    def come_to_an_end(self) -> None:
        """Everything works from here on."""
        for gate in self.gates.values():
            gate.reads = True
        ahead = max(gate.judged for gate in self.gates.values())
        for line, gate in self.gates.items():
            self.go_on(line, (ahead - gate.judged) // SECOND)
        for _ in range(100):
            if self.found is not None:
                break
            self.look(2)
            self.go_on(OLD, 1)
            self.go_on(NEW, 1)
        assert self.found is not None, "it comes to no end"
        for line in (OLD, NEW):
            self.go_on(line, 30)

    def published_by(self, line: FlinkLineName) -> set[int]:
        return set(self.gates[line].published)


def span(told: Any) -> set[int]:
    """The bounds of results after the one and up to the other."""
    return set() if told is None else set(range(told[0] + SECOND, told[1] + SECOND, SECOND))


MOVED_AND_DIED = [
    *(("look", 0), ("blind new", 0), ("act", 0), ("both", 15)),
    *(("look", 0), ("die in act", 0), ("both", 25)),
]
"""The second job sees nothing; whoever moves the instant dies when the first one is told."""


@settings(max_examples=150, deadline=None)
@given(st.lists(MOVES, max_size=16))
@example(MOVED_AND_DIED)
def test_every_result_is_published_or_told_to_be_lost(moves: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        over = HandOver(Path(folder))
        for what, seconds in moves:
            if over.found is None:
                over.move(what, seconds)
        over.come_to_an_end()
    assert over.found is not None
    old, new = over.published_by(OLD), over.published_by(NEW)
    instant = over.found["instant"]
    came = set(range(BEGAN + SECOND, min(g.judged for g in over.gates.values()), SECOND))
    assert came - old - new <= span(over.found.get("lost"))
    if FAILED in over.found:
        # Going back, the first version starts anew and publishes what comes after the instant.
        assert {bound for bound in came if bound <= instant} <= old | span(over.found.get("lost"))
    else:
        assert {bound for bound in came if bound > instant} <= new
        assert old & new <= span(over.found.get("repeated"))
