"""One operation whole: its steps, who holds the lease, and how it stands outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headgate.errors import Rejected
from headgate.ids import FlinkJobId, FlinkLineName, OperationId
from headgate.ledger.ledger import Ledger
from headgate.ledger.records import LeaseRecord, OperationRecord, StepRecord
from headgate.operations.engine.step import TURN
from headgate.operations.lease_holder import Whereabouts, whereabouts
from headgate.operations.live_jobs import live_jobs
from headgate.operations.services import Services

_SHOWN_CANDIDATES = 10


@dataclass(frozen=True)
class WholeOperation:
    """An operation with all that the ledger has of it. `lease` only while it holds the job."""

    operation: OperationRecord
    steps: Sequence[StepRecord]
    lease: LeaseRecord | None
    holder: Whereabouts | None

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.operation.state == "running"

    @property
    def begun_step(self) -> str | None:
        """The step whose effect was intended and not seen yet; None where there is none."""
        begun = [one.name for one in self.steps if one.state == "intended" and one.name != TURN]
        return begun[-1] if begun else None

    @property
    def next_step(self) -> str:
        """The next command; empty where nothing is left to do."""
        if not self.is_open:
            return self.operation.next_step
        if self.holder == "alive":
            return "wait; it is under way"
        return (
            f"headgate resume {self.operation.id} brings it to its end, "
            f"headgate abandon {self.operation.id} gives it up"
        )

    def as_json(self) -> Mapping[str, Any]:
        """For machines: times as ISO 8601."""
        return {
            **vars(self.operation),
            "next_step": self.next_step,
            "holder": self.lease.holder if self.lease else None,
            "holder_state": self.holder,
            "fence": self.lease.fence if self.lease else None,
            "steps": [dict(vars(step)) for step in self.steps],
        }


@dataclass(frozen=True)
class Outside:
    """How the job of an operation stands in Flink."""

    jobs: Mapping[FlinkJobId, tuple[FlinkLineName, str]]
    """Live jobs of its name: line and state."""
    unreachable: Sequence[FlinkLineName]


def find_operation(ledger: Ledger, text: str) -> OperationRecord:
    """The operation with this id, or with the only id that begins so.

    Raises:
        Rejected: there is none, or several.

    """
    exact = ledger.operation(OperationId(text))
    if exact is not None:
        return exact
    found = ledger.operations(id_prefix=text) if text else []
    if len(found) == 1:
        return found[0]
    candidates = ", ".join(one.id for one in found[:_SHOWN_CANDIDATES])
    raise Rejected(
        f"{text!r} is the beginning of several operations: {candidates}"
        if found
        else f"there is no operation {text!r} in this ledger",
        still_true="Nothing was changed.",
        next_step="headgate operations",
    )


def whole_operation(ledger: Ledger, operation: OperationRecord) -> WholeOperation:
    """With its steps, and its lease while it is open."""
    lease = ledger.lease(operation.job) if operation.state == "running" else None
    if lease is not None and lease.operation_id != operation.id:
        lease = None
    return WholeOperation(
        operation,
        ledger.steps(operation.id),
        lease,
        whereabouts(lease) if lease else None,
    )


def look_outside(services: Services, operation: OperationRecord) -> Outside:
    """What runs under the job's name now. A cluster that does not answer is told, not an error."""
    live = live_jobs(services, operation.job, None)
    jobs = {}
    for job_id, line in live.lines.items():
        picture = services.flink(line).job(job_id)
        jobs[job_id] = (line, picture.state if picture else "gone")
    return Outside(jobs, live.unreachable)
