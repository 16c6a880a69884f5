"""First step of what brings a job back: look whether it lives, and what would be started."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Literal

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.errors import NeedsOperator, Rejected
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.facts import submissions_of
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Pending, Run
from headgate.operations.known_job import known_job
from headgate.operations.ledger_age import refuse_older_ledger
from headgate.operations.restoring.chosen_snapshot import choose_snapshot
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.restoring.known_snapshots import known_snapshots
from headgate.operations.restoring.restart_plan import restart_plan
from headgate.operations.restoring.surely_gone import not_surely_gone
from headgate.operations.restoring.what_is_declared import changed_since, policies
from headgate.plan.life import FirstLook, Life, life_of
from headgate.plan.what_ran import has_worked, what_ran

_SLOTS_COME_WITHIN = timedelta(minutes=2)
_ON_PURPOSE = ("stopped", "cancelled")


@dataclass(frozen=True)
class PlanRestart(OnlyLooks):
    """Evidence: what is started, as which submission, and which job is cancelled before.

    It has the form of a deployment's plan, so that the steps of a deployment follow it. That
    there is a snapshot to restore is seen here, before anything is cancelled.
    """

    purpose: Literal["recover", "start"]

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Look whether it lives"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """What was asked for."""
        return dict(run.operation.request)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide, or say why not; look again while it is not clear."""
        refuse_older_ledger(run.services, run.job)
        deployments = run.services.ledger.deployments(run.job)
        latest, declared = deployments[0], policies(run.services, run.job)
        client = run.services.flink(latest.line)
        picture = client.job(latest.flink_job_id)
        now = run.services.clock.now()
        first = FirstLook.of(intention.progress, now)
        life = life_of(picture, first, now=now, checkpoint_age=declared.checkpoint_age)
        if self.purpose == "recover":
            _refuse_recovery(run, latest, picture)
            if life.verdict == "lives":
                return _kept(latest, picture, life)
            if life.verdict == "unclear":
                return _watch(life, first, picture, now)
        snapshots = known_snapshots(run.services, run.job)
        restart = what_ran(submissions_of(deployments, snapshots))
        base = run.services.ledger.deployment(run.job, restart.of.flink_job_id)
        if self.purpose == "start":
            _refuse_start(base, life)
        unclear = not_surely_gone(run, intention, latest, picture)
        if unclear is not None:
            return unclear
        artefacts = kept_artefacts(run.services, base)
        chosen = choose_snapshot(
            run.services,
            run.job,
            base.flink_job_id,
            named=intention.intent.get("from"),
            accept_age=bool(intention.intent.get("accept_age")),
            command=self.purpose,
            snapshots=snapshots,
        )
        running = picture is not None and not picture.is_terminal
        # A job that is cancelled first gives its own slots back.
        if not running or latest.line != base.line:
            needed = base.parallelism or artefacts.parallelism
            missing = _missing_slots(run.services.flink(base.line), needed)
            if missing:
                return _wait_for_slots(run, intention, missing)
        notes = [life.reason, restart.note, changed_since(base, declared), *chosen.notes]
        plan = restart_plan(
            run.services,
            base,
            artefacts,
            generation=restart.generation,
            attempt=restart.attempt,
        )
        return Done(
            {
                **plan,
                "action": "restart",
                "cancel": latest.flink_job_id if running else None,
                "restores": chosen.snapshot.location,
                "note": "; ".join(filter(None, notes)),
            }
        )


def _kept(latest: DeploymentRecord, picture: JobPicture | None, life: Life) -> Done:
    worked = picture is not None and has_worked(picture, latest.restored_from)
    return Done(
        {
            "action": "keep",
            "flink_job_id": latest.flink_job_id,
            "has_worked": worked,
            "note": f"already runs: {life.reason}",
        }
    )


def _refuse_start(base: DeploymentRecord, life: Life) -> None:
    job = base.job
    if life.verdict != "gone":
        raise Rejected(
            f"{job} runs already",
            still_true="Nothing was changed.",
            next_step=f"headgate status {job}; headgate recover {job} if it does not work",
        )
    if base.state not in _ON_PURPOSE:
        raise Rejected(
            f"{job} was not stopped or cancelled by headgate: {life.reason}",
            still_true="Nothing was changed.",
            next_step=f"headgate recover {job}",
        )


def _refuse_recovery(run: Run, latest: DeploymentRecord, picture: JobPicture | None) -> None:
    job = latest.job
    if latest.state in _ON_PURPOSE:
        raise Rejected(
            f"{job} was {latest.state} on purpose",
            still_true="Nothing was changed.",
            next_step=f"headgate start {job}",
        )
    ended_as = picture.state if picture is not None else _was_seen_ended(run)
    if ended_as == "FINISHED" and not run.operation.request["from"]:
        raise NeedsOperator(
            f"{job} has ended as FINISHED: it was stopped outside of headgate, or its input has "
            "an end; Flink has deleted its retained checkpoints, so anything that headgate knows "
            "is older than what it has published",
            still_true="Nothing was changed.",
            next_step=f"find the savepoint of that stop, then headgate recover {job} --from it",
        )


def _was_seen_ended(run: Run) -> str | None:
    """Flink forgets an ended job after an hour, and with its JobManager; the ledger does not."""
    return known_job(run.services, run.job, None).ended_as


def _watch(life: Life, first: FirstLook | None, picture: JobPicture | None, now: datetime) -> Look:
    if first is not None or picture is None:
        return Pending(life.reason, timedelta(seconds=2))
    look = FirstLook(now, picture.restarts, picture.checkpoints.completed)
    return Pending(life.reason, timedelta(seconds=2), look.as_progress(), must_remember=True)


def _missing_slots(client: FlinkClient, needed: int) -> str:
    overview = client.overview()
    if overview.slots_available >= needed:
        return ""
    return (
        f"{needed} task slots are needed, Flink {client.line} has {overview.slots_available} free "
        f"of {overview.slots_total}"
    )


def _wait_for_slots(run: Run, intention: Intention, missing: str) -> Pending:
    """TaskManagers register some seconds after a JobManager has restarted."""
    if intention.elapsed < _SLOTS_COME_WITHIN:
        return Pending(missing, timedelta(seconds=2))
    raise Rejected(
        f"{run.job}: {missing}",
        still_true="Nothing was changed.",
        next_step="bring the TaskManagers back or stop another job, then try again",
    )
