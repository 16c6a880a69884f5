"""Submit the second job, its gates closed: it publishes nothing until it is told to."""

from typing import ClassVar

from headgate.ids import FlinkJobId, FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.deployment.submit_step import (
    Submit,
    refuse_beside_another,
    refuse_changed,
    run_driver,
)
from headgate.operations.deployment.whole_file import writing_artefacts
from headgate.operations.engine.step import Intention, Run
from headgate.operations.handover_bounds import bounds_file, write_bounds
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.plan.handover import CLOSED


class SubmitBeside(Submit):
    """Evidence as that of a submission. The ledger has no deployment of it until H is agreed upon.

    Until then the live job is the job, and the second one can be removed without a trace.
    """

    title: ClassVar[str] = "Submit the second job"

    def restore_from(self, run: Run) -> str:
        """The savepoint that did not stop the live job."""
        return str(run.evidence["savepoint"]["location"])

    def gating(self, run: Run) -> Json:
        """Its file must be there: with an open gate it would publish everything a second time."""
        del run
        return {"after": CLOSED.after, "leaves_sinks_out": True}

    def act(self, run: Run, intention: Intention) -> None:
        """Close its gates, then submit it in its turn. Raises Rejected as `Submit` does."""
        intent = intention.intent
        client = run.services.flink(FlinkLineName(intent["line"]))
        refuse_changed(run)
        file = bounds_file(run.services, run.job, FlinkJobId(intent["flink_job_id"]))
        with only_driver_of(run, client):
            refuse_beside_another(run, intent, client, {live_deployment(run).flink_job_id})
            with writing_artefacts(run, still_true="The live job runs on."):
                write_bounds(file, CLOSED)
            run_driver(run, intent, client)
