"""First step of an upgrade: what runs, what is declared, and what lies between. Reads only."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import Digest, FlinkJobId, FlinkLineName, flink_job_id
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.bound_job import BoundJob, bind, declared_job
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.ledger_age import refuse_older_ledger
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.upgrading.past_upgrades import past_upgrades
from headgate.operations.upgrading.switch_times import earlier_gaps
from headgate.operations.upgrading.versions import declared_version, running_version
from headgate.plan.gap import expected_gap
from headgate.plan.tried_before import tried_before
from headgate.plan.upgrade import Asked, is_as_asked, refused
from headgate.plan.upgrade_changes import FLINK_LINE, Changed, changes_between
from headgate.spec.at_line import at_line


class PlanUpgrade(OnlyLooks):
    """Evidence: what changes, in the form of a deployment's plan, so that its steps can follow."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Look and plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """What was asked for."""
        return dict(run.operation.request)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide, or say why not."""
        request, services = intention.intent, run.services
        refuse_older_ledger(services, run.job)
        live = _running(run)
        target, spec_digest = FlinkLineName(request["to"]), Digest(request["spec_digest"])
        bound = bind(services, run.job, spec_digest, target)
        declared = declared_job(services, run.job)
        past = tried_before(past_upgrades(services, run.job), spec_digest, target)
        asked = Asked(
            job=run.job,
            running_line=live.line,
            declared_line=declared.spec.flink,
            target_line=target,
            running_spec=live.spec_digest,
            target_spec=spec_digest,
            tried_before=past,
            try_again=bool(request["again"]),
        )
        if is_as_asked(asked):
            note = f"already runs on Flink {target} as declared"
            return Done({"action": "keep", "note": note})
        refusal = refused(asked)
        if refusal is not None:
            raise Rejected(
                refusal.what,
                still_true=f"Nothing was changed; Flink job {live.flink_job_id} runs on.",
                next_step=refusal.next_step,
            )
        kept = kept_artefacts(services, live)
        changes = changes_between(running_version(live, kept), declared_version(bound))
        return Done(
            {
                **_as_deployment(run, live, bound),
                "from_line": live.line,
                "from_version": live.flink_version,
                "from_parallelism": live.parallelism or kept.parallelism,
                "declared_line": declared.spec.flink,
                "changes": [one.to_json() for one in changes],
                "is_only_line": all(one.what == FLINK_LINE for one in changes),
                "spec_digest_of_way_back": at_line(declared, live.line).digest,
                "dry_run": bool(request["dry_run"]),
                "expected_gap_seconds": _seconds(expected_gap(earlier_gaps(services, run.job))),
                "note": "; ".join(in_words(one.to_json()) for one in changes[:_SHOWN]),
            }
        )


_SHOWN = 5


def in_words(change: Mapping[str, Any]) -> str:
    """A change as `Changed.to_json` writes it, in one line."""
    one = Changed(**change)
    if not one.before:
        return f"{one.what}: {one.after}"
    return f"{one.what}: {one.before} → {one.after or 'none'}"


def live_deployment(run: Run) -> DeploymentRecord:
    """What ran when the upgrade was planned. Not within a phase that has a plan of its own."""
    job_id = FlinkJobId(run.evidence[PlanUpgrade.name]["stop"])
    return run.services.ledger.deployment(run.job, job_id)


def _running(run: Run) -> DeploymentRecord:
    live = run.services.ledger.deployments(run.job)[0]
    picture = run.services.flink(live.line).job(live.flink_job_id)
    if picture is None or picture.is_terminal:
        raise Rejected(
            f"{run.job} does not run: its last deployment has ended",
            still_true="Nothing was changed.",
            next_step=f"headgate start or recover {run.job}, then headgate upgrade {run.job}",
        )
    return live


def _as_deployment(run: Run, live: DeploymentRecord, bound: BoundJob) -> dict[str, Any]:
    spec, client = bound.job.spec, run.services.flink(FlinkLineName(bound.job.spec.flink))
    generation = live.generation + 1
    environment = run.services.environment.name
    return {
        "action": "upgrade",
        "job": run.job,
        "generation": generation,
        "attempt": next(
            attempt
            for attempt in range(1, 1000)
            if client.job(flink_job_id(environment, run.job, generation, attempt)) is None
        ),
        "restore_from": None,
        "restores_snapshot": True,
        "stop": live.flink_job_id,
        "state_of": live.flink_job_id,
        "state_format": "canonical",
        "kind": bound.job.kind,
        "line": spec.flink,
        "flink_version": client.overview().version,
        "parallelism": spec.parallelism,
        "reads": sorted(spec.sources),
        "writes": sorted(spec.sinks),
        "spec_digest": bound.job.digest,
        "plan_digest": bound.plan_digest,
        "checkpoints": spec.health.checkpoints,
        "deadline_seconds": spec.health.deadline.total_seconds(),
        "transaction_timeout_seconds": spec.transaction_timeout.total_seconds(),
        "checkpoint_interval_seconds": spec.checkpoint_interval.total_seconds(),
        "soak_seconds": spec.upgrade.soak.total_seconds(),
    }


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else round(duration.total_seconds(), 2)
