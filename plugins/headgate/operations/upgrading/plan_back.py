"""First step of going back: what is brought back, from where, and whether exactly. Reads only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from headgate.clients.flink import JobPicture
from headgate.errors import HeadgateError
from headgate.ids import FlinkJobId
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.engine.phases import why_failed
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.handing_over.hand_over import CUT_OVER, why_not_whole
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.restoring.restart_plan import restart_plan
from headgate.plan.rolled_back import WayBackFacts, why_not_exact
from headgate.plan.state_difference import differences, fit
from headgate.plan.state_manifest import recorded_manifest

_SHORTEST_STOP = timedelta(seconds=30)
_TIMES_THE_LAST = 3


@dataclass(frozen=True)
class PlanBack(OnlyLooks):
    """Evidence in the form of a deployment's plan, so that its steps can follow."""

    upgrade: Callable[[Run], Mapping[str, Json]]
    is_last: bool = False
    """Whether the exact way has failed already."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Plan the way back"
    patience: ClassVar[timedelta] = timedelta(minutes=10)

    def intend(self, run: Run) -> Json:
        """Whether the exact way may be tried."""
        del run
        return {"is_last": self.is_last}

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide. Raises NeedsOperator where the old version's artefacts are gone."""
        upgrade, services = self.upgrade(run), run.services
        planned = upgrade["plan"]
        base = services.ledger.deployment(run.job, FlinkJobId(planned["stop"]))
        latest = services.ledger.deployments(run.job)[0]
        new = latest if latest.generation >= planned["generation"] else None
        picture = _picture(run, new)
        why_not = (
            "the exact way has failed"
            if intention.intent["is_last"]
            else why_not_whole(CUT_OVER, upgrade)
            or why_not_exact(_facts(upgrade, base, new, picture))
        )
        stop = upgrade.get("cut_over.stop", {})
        took = timedelta(milliseconds=stop.get("duration_ms") or stop.get("took_ms") or 0)
        plan = restart_plan(
            services,
            base,
            kept_artefacts(services, base),
            generation=latest.generation + 1,
            attempt=1,
        )
        return Done(
            {
                **plan,
                "action": "restart",
                "job": run.job,
                "new": new.flink_job_id if new else None,
                "new_line": new.line if new else None,
                "new_state": new.state if new else None,
                "exact_way": not why_not,
                "why_not": why_not,
                "is_last": intention.intent["is_last"],
                "stop_within_seconds": max(_SHORTEST_STOP, _TIMES_THE_LAST * took).total_seconds(),
                **_before(upgrade),
                "note": why_not or "stopping the new job with a savepoint to go back exactly",
            }
        )


def _before(upgrade: Mapping[str, Json]) -> dict[str, Any]:
    """What the old version goes on from where it cannot be from the new job's own savepoint.

    After a hand-over that is the savepoint with which the new job began, and what is published up
    to the instant is not published again; where the first job was lost before that, its own newest
    checkpoint.
    """
    agreed = upgrade.get(f"{CUT_OVER}.agree")
    if agreed is None:
        stop, ends = upgrade[f"{CUT_OVER}.stop"], upgrade[f"{CUT_OVER}.verify"]["ends"]
        return {"pinned": stop["location"], "ends_before": ends, "is_handed_over": False}
    is_lost = why_failed(upgrade, f"{CUT_OVER}.pass") is not None
    return {
        "pinned": upgrade[f"{CUT_OVER}.savepoint"]["location"],
        "ends_before": upgrade[f"{CUT_OVER}.record_second"]["ends"],
        "is_handed_over": True,
        "after": None if is_lost else agreed["instant"],
        "goes_on": is_lost,
    }


def _picture(run: Run, new: DeploymentRecord | None) -> JobPicture | None:
    """A cluster that does not answer now is asked again where the job is ended."""
    if new is None:
        return None
    try:
        return run.services.flink(new.line).job(new.flink_job_id)
    except HeadgateError:
        return None


def _facts(
    upgrade: Mapping[str, Json],
    base: DeploymentRecord,
    new: DeploymentRecord | None,
    picture: JobPicture | None,
) -> WayBackFacts:
    rehearsal: Mapping[str, Any] = upgrade.get("rehearsal", {})
    return WayBackFacts(
        is_alive=picture is not None and not picture.is_terminal,
        has_published=picture is not None and picture.checkpoints.completed > 0,
        rehearsed=rehearsal.get("exact"),
        rehearsed_reason=str(rehearsal.get("exact_reason", "")),
        state_fits=new is not None and _fits(new, base),
    )


def _fits(new: DeploymentRecord, base: DeploymentRecord) -> bool:
    made, wanted = recorded_manifest(new.state_manifest), recorded_manifest(base.state_manifest)
    if new.plan_digest != base.plan_digest or made is None or wanted is None:
        return False
    return fit(differences(made, wanted)) != "incompatible"
