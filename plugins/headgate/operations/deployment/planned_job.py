"""The job that the first step of a deployment or an upgrade has decided about."""

from headgate.ids import Digest
from headgate.operations.deployment.bound_job import BoundJob, bind
from headgate.operations.engine.step import Run


def bound_of_plan(run: Run) -> BoundJob:
    """Bound for the Flink line of the plan. Raises Rejected if its files have changed since."""
    plan = run.evidence["plan"]
    return bind(run.services, run.job, Digest(plan["spec_digest"]), plan["line"])
