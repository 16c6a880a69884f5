"""Watch the new version for the soak time of job.yaml."""

from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.engine.phases import FAILED
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.handing_over.hand_over import CUT_OVER
from headgate.plan.soak import Began, SoakRule, watch

_EVERY = timedelta(seconds=1)
_AGE_IN_INTERVALS, _AGE_AT_LEAST = 5, timedelta(seconds=30)


class Watch(OnlyLooks):
    """Evidence: what was seen in the end; under `failed` why it did not stay healthy."""

    name: ClassVar[str] = "watch"
    title: ClassVar[str] = "Watch the new version"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The new job, how long it is watched, and how old its newest checkpoint may be."""
        plan, submitted = run.evidence["plan"], run.evidence[f"{CUT_OVER}.submit"]
        interval = timedelta(seconds=plan["checkpoint_interval_seconds"])
        age = _AGE_IN_INTERVALS * interval + _AGE_AT_LEAST
        return {
            "flink_job_id": submitted["flink_job_id"],
            "line": plan["line"],
            "soak_seconds": plan["soak_seconds"],
            "checkpoint_age_seconds": age.total_seconds(),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Judge one look."""
        intent = intention.intent
        client = run.services.flink(FlinkLineName(intent["line"]))
        picture = client.job(FlinkJobId(intent["flink_job_id"]))
        if picture is None:
            return _failed(f"Flink {intent['line']} has lost the job; its JobManager has restarted")
        if not intention.progress:
            began = {
                "restarts": picture.restarts or 0,
                "completed": picture.checkpoints.completed,
            }
            return Pending("watching", _EVERY, began, must_remember=True)
        watched = watch(
            picture,
            SoakRule(
                timedelta(seconds=intent["soak_seconds"]),
                timedelta(seconds=intent["checkpoint_age_seconds"]),
            ),
            Began(**intention.progress),
            elapsed=intention.elapsed,
            now=run.services.clock.now(),
        )
        if watched.state == "failed":
            return _failed(watched.note)
        if watched.state == "stable":
            return Done({"note": watched.note})
        return Pending(watched.note, _EVERY)


def _failed(why: str) -> Done:
    return Done({FAILED: why, "note": f"failed: {why}"})
