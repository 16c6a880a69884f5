"""The new version is stable: the rollback point of this upgrade takes the place of older ones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

from headgate.clients.locations import same_location
from headgate.ledger.records import Json, SnapshotRecord
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run


class Stable:
    """Evidence: the rollback point. It stays pinned until the next upgrade is stable."""

    name: ClassVar[str] = "stable"
    title: ClassVar[str] = "Release older rollback points"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The savepoint with which the old version was stopped."""
        return {"rollback_point": run.evidence["cut_over.stop"]["location"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is the only one."""
        point = intention.intent["rollback_point"]
        if _older(run, point):
            return Absent()
        declared, line = run.evidence["plan"]["declared_line"], run.evidence["plan"]["line"]
        said = f'; job.yaml declares {declared}: set `flink: "{line}"`' * (declared != line)
        return Done({"rollback_point": point, "note": f"rollback point: {point}{said}"})

    def act(self, run: Run, intention: Intention) -> None:
        """Unpin the others."""
        for record in _older(run, intention.intent["rollback_point"]):
            run.services.ledger.update_snapshot(run.lease, record.location, pinned=False)


def _older(run: Run, point: str) -> Sequence[SnapshotRecord]:
    return [
        record
        for record in run.services.ledger.snapshots(run.job)
        if record.pinned
        and record.origin == "upgrade"
        and not same_location(record.location, point)
    ]
