"""Upgrade a running job to another Flink line, or to another version of itself, without fear."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkLineName, JobName
from headgate.ledger.records import Json
from headgate.operations.deployment.bound_job import declared_job
from headgate.operations.deployment.compile_step import CompilePlan
from headgate.operations.deployment.describe_step import DescribeState
from headgate.operations.deployment.stage_step import StageArtefacts
from headgate.operations.deployment.state_step import CompareState
from headgate.operations.engine.phases import Tried, why_failed
from headgate.operations.engine.step import End, Run, Step
from headgate.operations.handing_over.call_off import RemoveSecond
from headgate.operations.handing_over.hand_over import CUT_OVER, why_called_off, why_not_whole
from headgate.operations.options import flag, refuse_unknown_options, text
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed
from headgate.operations.upgrading.approve import Approve
from headgate.operations.upgrading.cut_over import cut_over_steps
from headgate.operations.upgrading.decide_upgrade import DecideUpgrade
from headgate.operations.upgrading.going_back import GoingBack
from headgate.operations.upgrading.plan_upgrade import PlanUpgrade
from headgate.operations.upgrading.preflight import Preflight
from headgate.operations.upgrading.record_rollback import RecordRollback, outcome_of
from headgate.operations.upgrading.rehearsal import rehearsal_steps
from headgate.operations.upgrading.stable import Stable
from headgate.operations.upgrading.watch_step import Watch
from headgate.plan.way_of_cut_over import WAYS, Way
from headgate.spec.at_line import at_line

_OPTIONS = ("to", "way", "approval", "approval_hours", "dry_run", "again")
_UNREACHABLE_FOR = timedelta(minutes=3)


class Upgrade:
    """plan → … → preflight → rehearse → approve → cut_over → watch → stable.

    From cut_over on a failure leads to back → outcome. Until the stop in cut_over, or the instant
    of a hand-over, every failure ends the operation with the live job as it was.
    """

    kind: ClassVar[str] = "upgrade"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The declaration as it is now, read for the target line.

        `options`: `to` is the target line, the declared one if it is not given; `way` is that of
        cutting over, the best one if it is not given; `approval` False asks nobody, None does as
        job.yaml says; `dry_run` ends before the first effect; `again` tries a version that has
        failed before.

        Raises:
            Rejected: the job was never deployed, or the environment has no such line.

        """
        refuse_unknown_options(options, *_OPTIONS)
        refuse_never_deployed(services, job)
        declared = declared_job(services, job)
        target = FlinkLineName(text(options, "to") or declared.spec.flink)
        if target not in services.environment.settings.flink:
            lines = ", ".join(sorted(services.environment.settings.flink))
            raise Rejected(
                f"environment {services.environment.name} has no Flink line {target!r}, only "
                f"{lines}",
                still_true="Nothing was changed.",
                next_step=f"headgate upgrade {job} --to one of them",
            )
        return {
            "to": target,
            "way": _way(options),
            "spec_digest": at_line(declared, target).digest,
            "approval": None if options.get("approval") is None else flag(options, "approval"),
            "approval_hours": options.get("approval_hours"),
            "dry_run": flag(options, "dry_run"),
            "again": flag(options, "again"),
        }

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows depends on what was planned, decided, and on what has failed."""
        plan = evidence.get(PlanUpgrade.name)
        if plan is None or plan["action"] == "keep":
            return (PlanUpgrade(),)
        before = (
            PlanUpgrade(),
            CompilePlan() if plan["kind"] == "sql" else DescribeState(),
            CompareState(),
            DecideUpgrade(),
            StageArtefacts(),
            Preflight(),
        )
        decided = evidence.get(DecideUpgrade.name)
        if decided is None or plan["dry_run"]:
            return before
        prepared: list[Step] = [*before]
        if decided["rehearse"]:
            prepared += rehearsal_steps(evidence)
        if decided["approval"]:
            prepared.append(Approve())
        return (*prepared, *_from_cut_over(evidence))

    def end(self, evidence: Mapping[str, Json]) -> End:
        """A rollback is not what was asked for, and neither is a hand-over that was called off."""
        called_off = _why_called_off(evidence)
        if called_off is not None:
            return _called_off(evidence, called_off)
        outcome = evidence.get(RecordRollback.name)
        if outcome is None:
            return End()
        plan, why = evidence[PlanUpgrade.name], why_cut_over_failed(evidence) or ""
        return End(
            "rolled_back",
            f"Flink {plan['line']}: {why}\n{outcome_of(outcome).in_words()}",
            f"mend the cause, then headgate upgrade {plan['job']} --to {plan['line']} --again",
        )


def _way(options: Mapping[str, Any]) -> Way | None:
    asked = text(options, "way")
    found = next((way for way in WAYS if way == asked), None)
    if asked is not None and found is None:
        raise Rejected(
            f"there is no way {asked!r} of cutting over, only {' and '.join(WAYS)}",
            still_true="Nothing was changed.",
            next_step="headgate upgrade --help",
        )
    return found


def why_cut_over_failed(evidence: Mapping[str, Json]) -> str | None:
    """Why the new version is given up; None while it is not."""
    in_phase = (f"{CUT_OVER}.{step}" for step in ("submit", "restored", "healthy", "agree", "pass"))
    steps = (*in_phase, Watch.name)
    return next((why for step in steps if (why := why_failed(evidence, step))), None)


def _from_cut_over(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    done: list[Step] = []
    if _why_called_off(evidence) is not None:
        return cut_over_steps(evidence)
    if _is_handed_over(evidence) and why_not_whole(CUT_OVER, evidence) is not None:
        # The first job is ended first: what it has published by then counts.
        return _gone_back(evidence)
    for step in (*cut_over_steps(evidence), _watch(evidence)):
        done.append(step)
        if why_failed(evidence, step.name):
            return (*done, *GoingBack(_own_evidence).steps(evidence))
    return (*done, Stable())


def _is_handed_over(evidence: Mapping[str, Json]) -> bool:
    return bool(evidence.get(DecideUpgrade.name, {}).get("way") == "hand-over")


def _why_called_off(evidence: Mapping[str, Json]) -> str | None:
    return why_called_off(CUT_OVER, evidence) if _is_handed_over(evidence) else None


def _gone_back(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    steps = cut_over_steps(evidence)
    if any(step.name not in evidence for step in steps):
        return steps
    return (*steps, *GoingBack(_own_evidence).steps(evidence))


def _called_off(evidence: Mapping[str, Json], why: str) -> End:
    plan = evidence[PlanUpgrade.name]
    left = evidence.get(f"{CUT_OVER}.{RemoveSecond.name}", {}).get("left")
    if evidence.get(f"{CUT_OVER}.agree", {}).get("live_ended"):
        return End(
            "failed",
            f"{why}; the hand-over was called off, and the second job was removed: what it had "
            "published by then may come a second time, with equal values",
            f"headgate recover {plan['job']}",
        )
    return End(
        "failed",
        f"Flink {plan['line']}: {why}\nThe hand-over was called off: Flink job {plan['stop']} on "
        f"Flink {plan['from_line']} publishes as before, and the second one was removed."
        + (f" {left}." if left else ""),
        f"mend the cause, then headgate upgrade {plan['job']} --to {plan['line']} --again",
    )


def _watch(evidence: Mapping[str, Json]) -> Step:
    soak = timedelta(seconds=evidence[PlanUpgrade.name]["soak_seconds"])
    return Tried(Watch(), soak + _UNREACHABLE_FOR)


def _own_evidence(run: Run) -> Mapping[str, Json]:
    """Of this operation. Within a phase its own `plan` hides that of the upgrade."""
    steps = run.services.ledger.steps(run.id)
    return {step.name: step.evidence for step in steps if step.state == "done"}


OPERATION = Upgrade()
