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
        """The savepoint from which the new version began; of a hand-over also that of the stop."""
        steps = ("cut_over.savepoint", "cut_over.stop")
        points = [where for one in steps if (where := _location(run, one)) is not None]
        return {"rollback_point": points[-1], "rollback_points": points}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is the only one."""
        point = intention.intent["rollback_point"]
        if _older(run, intention.intent["rollback_points"]):
            return Absent()
        declared, line = run.evidence["plan"]["declared_line"], run.evidence["plan"]["line"]
        said = f'; job.yaml declares {declared}: set `flink: "{line}"`' * (declared != line)
        return Done({"rollback_point": point, "note": f"rollback point: {point}{said}"})

    def act(self, run: Run, intention: Intention) -> None:
        """Unpin the others."""
        for record in _older(run, intention.intent["rollback_points"]):
            run.services.ledger.update_snapshot(run.lease, record.location, pinned=False)


def _location(run: Run, step: str) -> str | None:
    where: str | None = run.evidence.get(step, {}).get("location")
    return where


def _older(run: Run, points: Sequence[str]) -> Sequence[SnapshotRecord]:
    return [
        record
        for record in run.services.ledger.snapshots(run.job)
        if record.pinned
        and record.origin == "upgrade"
        and not any(same_location(record.location, point) for point in points)
    ]
