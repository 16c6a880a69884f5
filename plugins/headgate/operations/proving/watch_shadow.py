"""Watch the shadow job until it is healthy, or until it is plain that it will not be."""

from datetime import timedelta
from typing import ClassVar

from headgate.clients.flink import JobPicture
from headgate.errors import HeadgateError
from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.healthy_step import first_times
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.proving.submit_shadow import SubmitShadow
from headgate.plan.health import HealthRule, Memory, judge
from headgate.plan.restore_proof import Proof, proof_of


class WatchShadow(OnlyLooks):
    """Evidence: the proof. Never ends in an error, so that the shadow job is always ended."""

    name: ClassVar[str] = "watch"
    title: ClassVar[str] = "Watch the shadow job"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The shadow job and the live one, the savepoint and the deadline."""
        chosen, submitted = run.evidence[ChooseSavepoint.name], run.evidence[SubmitShadow.name]
        return {
            "shadow": submitted["flink_job_id"],
            "live": chosen["flink_job_id"],
            "line": chosen["line"],
            "live_line": chosen.get("live_line", chosen["line"]),
            "restore_from": chosen["location"],
            "deadline_seconds": chosen["deadline_seconds"],
            "checkpoints": chosen.get("checkpoints", 1),
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Judge one look, with what the look before has left."""
        intent = intention.intent
        client = run.services.flink(FlinkLineName(intent["line"]))
        picture = client.job(FlinkJobId(intent["shadow"]))
        if picture is None:
            return _done(
                Proof(
                    "undecided",
                    f"Flink {intent['line']} has lost the shadow job; its JobManager has restarted",
                ),
                intention,
            )
        rule = HealthRule(intent["restore_from"], intent["checkpoints"])
        verdict, memory = judge(picture, rule, Memory.of(dict(intention.progress)))
        is_late = intention.elapsed.total_seconds() > intent["deadline_seconds"]
        live = self._live(run, intent) if verdict.state == "failing" else None
        proof = proof_of(verdict, picture, live, restored=intent["restore_from"], is_late=is_late)
        if proof is None:
            poll = timedelta(milliseconds=500)
            return Pending(verdict.reason, poll, memory.as_progress())
        return _done(proof, intention, first_times(picture))

    @staticmethod
    def _live(run: Run, intent: Json) -> JobPicture | None:
        try:
            client = run.services.flink(FlinkLineName(intent["live_line"]))
            return client.job(FlinkJobId(intent["live"]))
        except HeadgateError:
            return None


def _done(proof: Proof, intention: Intention, times: Json | None = None) -> Done:
    seconds = round(intention.elapsed.total_seconds(), 1)
    note = f"{proof.verdict}: {proof.reason}"
    return Done({**vars(proof), **(times or {}), "seconds": seconds, "note": note})
