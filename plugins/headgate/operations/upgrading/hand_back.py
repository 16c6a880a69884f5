"""The way back while the new job is alive: the same hand-over in the other direction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import HeadgateError, NeedsOperator
from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.bound_job import declared_job
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.handing_over.hand_over import CUT_OVER, why_not_whole
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.restoring.restart_plan import restart_plan
from headgate.plan.rolled_back import RolledBack
from headgate.spec.at_line import at_line


@dataclass(frozen=True)
class PlanHandBack(OnlyLooks):
    """Evidence in the form of a deployment's plan; `action` is "none" where it is another way."""

    upgrade: Callable[[Run], Mapping[str, Json]]

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Plan the way back"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide."""
        del intention
        upgrade, services = self.upgrade(run), run.services
        base = services.ledger.deployment(run.job, FlinkJobId(upgrade["plan"]["stop"]))
        live = services.ledger.deployments(run.job)[0]
        why_not = _why_not(run, upgrade, base, live)
        if why_not:
            return Done({"action": "none", "note": f"not by a hand-over: {why_not}"})
        kept = kept_artefacts(services, base)
        plan = restart_plan(services, base, kept, generation=live.generation + 1, attempt=1)
        # Its sinks have other uids than those of the job that is restarted.
        plan.pop("manifest")
        return Done(
            {
                **plan,
                "action": "hand-over",
                "job": run.job,
                "stop": live.flink_job_id,
                "note": f"Flink {live.line} hands over to Flink {base.line}",
            }
        )


@dataclass(frozen=True)
class RecordHandBack(OnlyLooks):
    """Evidence: `RolledBack` as JSON. Raises NeedsOperator where it was not exact."""

    phase: str

    name: ClassVar[str] = "outcome"
    title: ClassVar[str] = "Rolled back"
    patience: ClassVar[timedelta] = timedelta(0)

    def look(self, run: Run, intention: Intention) -> Look:
        """What it has come to."""
        del intention
        why = why_not_whole(self.phase, run.evidence)
        if why is not None:
            raise NeedsOperator(
                f"{run.job}: the version before runs again, but {why}",
                still_true="It publishes what comes after the instant; what came up to it and was "
                "not committed is in the newest checkpoint of the job before.",
                next_step=f"headgate savepoints {run.job}; headgate cancel {run.job}, then "
                f"headgate start {run.job} --from that checkpoint publishes it",
            )
        outcome = RolledBack(
            exact=True,
            repeated_from_offsets={},
            repeated_to_offsets={},
            reason="handed over without a pause",
        )
        return Done({**outcome.to_json(), "note": outcome.in_words()})


def _why_not(
    run: Run, upgrade: Mapping[str, Json], base: DeploymentRecord, live: DeploymentRecord
) -> str:
    plan: Mapping[str, Any] = upgrade["plan"]
    if f"{CUT_OVER}.agree" not in upgrade:
        return "the upgrade was none"
    if not plan["is_only_line"] or plan["spec_digest_of_way_back"] != base.spec_digest:
        return "more than the Flink line has changed"
    declared = at_line(declared_job(run.services, run.job), base.line).digest
    if declared != base.spec_digest:
        return "the files of the job have changed since"
    try:
        picture = run.services.flink(live.line).job(live.flink_job_id)
        free = run.services.flink(base.line).overview().slots_available
    except HeadgateError as error:
        return error.what
    if picture is None or picture.state != "RUNNING":
        return "the new job is not running"
    needed = base.parallelism or 1
    return "" if free >= needed else f"Flink {base.line} has {free} free task slots, not {needed}"
