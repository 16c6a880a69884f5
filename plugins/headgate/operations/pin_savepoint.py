"""Pin a savepoint, so that retention never takes it, or unpin it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from headgate.clients.locations import same_location
from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import Json, SnapshotRecord
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run, Step
from headgate.operations.services import Services


class Pin:
    """Writes the pin under the job's lease, so that no disposal is under way meanwhile."""

    name: ClassVar[str] = "pin"
    title: ClassVar[str] = "Pin or unpin the savepoint"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The savepoint, and what is to become of it."""
        return dict(run.operation.request)

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether the record says so."""
        record = _record(run.services, run.job, intention.intent["location"])
        if record.pinned == intention.intent["pinned"]:
            return Done({"location": record.location})
        if record.state != "whole":
            raise Rejected(
                f"{run.job}: {record.location} is {record.state} and cannot be pinned",
                still_true="Nothing was changed.",
                next_step=f"headgate savepoints {run.job}",
            )
        return Absent()

    def act(self, run: Run, intention: Intention) -> None:
        """Write it."""
        run.services.ledger.update_snapshot(
            run.lease, intention.intent["location"], pinned=intention.intent["pinned"]
        )


class PinSavepoint:
    """One step: pin."""

    kind: ClassVar[str] = "pin_savepoint"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The savepoint as the ledger spells it."""
        record = _record(services, job, str(options["location"]))
        return {"location": record.location, "pinned": bool(options["pinned"])}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same one."""
        del evidence
        return (Pin(),)


def _record(services: Services, job: JobName, location: str) -> SnapshotRecord:
    for record in services.ledger.snapshots(job):
        if same_location(record.location, location):
            return record
    raise Rejected(
        f"{job} has no recorded savepoint at {location}",
        still_true="Nothing was changed.",
        next_step=f"headgate savepoints {job}",
    )


OPERATION = PinSavepoint()
