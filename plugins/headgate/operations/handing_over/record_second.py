"""From the instant on the second job is the job: write it into the ledger."""

from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

from headgate.ids import FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.kept_submission import keep_submission
from headgate.operations.deployment.submit_step import new_deployment
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run
from headgate.operations.upgrading.sink_offsets import ends_of
from headgate.plan.rolled_back import RolledBack


class RecordSecond:
    """Evidence: the ends of the sinks; the second job has published nothing before them."""

    name: ClassVar[str] = "record_second"
    title: ClassVar[str] = "Record the second job"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The submission, and where the topics end now."""
        plan = run.evidence["plan"]
        ends = ends_of(run.services, plan["writes"])
        written = RolledBack(exact=False, repeated_from_offsets=ends, repeated_to_offsets={})
        submitted = run.evidence["submit"]
        return {
            "flink_job_id": submitted["flink_job_id"],
            "restore_from": submitted["restore_from"],
            **{name: plan[name] for name in ("generation", "attempt", "line", "parallelism")},
            "ends": written.to_json()["repeated_from_offsets"],
        }

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is there."""
        known = run.services.ledger.deployments(run.job)
        job_id = intention.intent["flink_job_id"]
        if all(one.flink_job_id != job_id for one in known):
            return Absent()
        return Done({"ends": intention.intent["ends"]})

    def act(self, run: Run, intention: Intention) -> None:
        """Write it: it has been healthy."""
        client = run.services.flink(FlinkLineName(intention.intent["line"]))
        deployment = replace(new_deployment(run, intention.intent, client), state="healthy")
        with writing_artefacts(run, still_true="Both jobs run on."):
            keep_submission(run.services, deployment)
        run.services.ledger.add_deployment(run.lease, deployment)
