"""Wait until all that the first job has to publish is committed."""

from datetime import datetime, timedelta
from typing import ClassVar

from headgate.clients.flink import JobPicture
from headgate.errors import Rejected
from headgate.ledger.records import Json
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.handing_over.side import Side, is_alive
from headgate.plan.handover import has_passed, may_be_stopped

_POLL = timedelta(milliseconds=500)


class LetPass(OnlyLooks):
    """Evidence: none. It takes until the instant has come, and one checkpoint more."""

    name: ClassVar[str] = "pass"
    title: ClassVar[str] = "Let the instant pass"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """The first job and the instant."""
        agreed = run.evidence["agree"]
        return {"old": agreed["old"], "instant": agreed["instant"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Raises Rejected where the first job has ended before."""
        intent = intention.intent
        side = Side.of_intent(run, intent["old"])
        picture = side.picture()
        if picture is None or not is_alive(picture):
            raise Rejected(
                f"{run.job}: the first job {side.id} has ended before all its results up to the "
                "instant were committed",
                still_true="The second job publishes only what comes after the instant.",
            )
        if "newest" not in intention.progress:
            if not has_passed(intent["instant"], side.view(picture)):
                return Pending("the instant has not come yet", _POLL)
            progress = {"newest": _newest(picture)}
            return Pending("the first job commits", _POLL, progress, must_remember=True)
        newest = intention.progress["newest"]
        seen = None if newest is None else datetime.fromisoformat(newest)
        if may_be_stopped(seen, _completed(picture)):
            return Done({})
        return Pending("the first job commits", _POLL)


def _newest(picture: JobPicture) -> str | None:
    newest = max((one.triggered_at for one in picture.history), default=None)
    return None if newest is None else newest.isoformat()


def _completed(picture: JobPicture) -> list[datetime]:
    return [
        one.triggered_at
        for one in picture.history
        if one.state == "completed" and not one.is_savepoint
    ]
