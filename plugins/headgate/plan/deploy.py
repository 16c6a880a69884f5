"""Deciding a deployment: what starts, from which state, and what is stopped before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName
from headgate.plan.committed_checkpoint import point_without_loss
from headgate.plan.restore_point import (
    NoRestorePoint,
    RestoreFacts,
    lineage_of,
)
from headgate.plan.snapshot import Snapshot
from headgate.plan.state_difference import SnapshotFormat


@dataclass(frozen=True)
class Submission:
    """An earlier submission of the job, as far as the decision needs it."""

    flink_job_id: FlinkJobId
    generation: int
    attempt: int
    line: FlinkLineName
    spec_digest: Digest
    plan_digest: Digest | None
    was_healthy: bool


@dataclass(frozen=True)
class Facts:
    """All that the decision rests on. `submissions` are newest first."""

    job: JobName
    line: FlinkLineName
    spec_digest: Digest
    plan_digest: Digest | None
    slots_needed: int
    slots_available: int
    submissions: Sequence[Submission]
    live: Sequence[FlinkJobId]
    snapshots: Sequence[Snapshot]
    start_empty: bool
    now: datetime
    max_age: timedelta
    """`recovery.max_age` of what is declared: an older snapshot is restored only if asked for."""
    accept_age: bool = False
    unfinished: Sequence[str] = ()
    """Folders of checkpoints that were being written when their job ended."""
    unknown_state: str | None = None
    """Newest snapshot in the job's folders that no submission in the ledger has made."""
    flink_version: str | None = None
    """Full version of the cluster, such as 2.2.1."""
    has_finished: bool = False
    """Whether Flink says FINISHED of the latest submission, which headgate has not stopped."""


@dataclass(frozen=True)
class Deployment:
    """What is to be done. `keep`: the job already runs as declared."""

    action: Literal["keep", "start", "replace"]
    generation: int
    attempt: int
    restore_from: str | None
    reason: str
    restores_snapshot: bool = False
    """Whether `restore_from` is filled when the job before has been stopped."""
    stop: FlinkJobId | None = None
    state_of: FlinkJobId | None = None
    """The submission whose state is restored; whether it fits is asked before anything stops."""
    state_format: SnapshotFormat = "canonical"


@dataclass(frozen=True)
class Refusal:
    """Why nothing is done. `for_operator`: it is not a fault of the files; a person decides."""

    what: str
    next_step: str
    for_operator: bool = False


def plan_deployment(facts: Facts) -> Deployment | Refusal:
    """Decide from the facts alone. A job with state never starts empty unless a person said so.

    Whether state that is restored fits what is declared is decided by `restorable.refuse_unfit`.
    """
    latest = facts.submissions[0] if facts.submissions else None
    strangers = [job for job in facts.live if latest is None or job != latest.flink_job_id]
    if strangers:
        return _strangers(facts, strangers)
    if latest is None:
        return _first(facts)
    if latest.flink_job_id in facts.live:
        return _beside_running(facts, latest)
    return _after_ended(facts, latest)


def _first(facts: Facts) -> Deployment | Refusal:
    """The ledger knows no submission, which is true of a new job and of a ledger that was lost."""
    if facts.unknown_state is not None and not facts.start_empty:
        return Refusal(
            f"{facts.job} has state in {facts.unknown_state}, but the ledger knows no deployment "
            "of it: the ledger was lost, or another one has made this state",
            f"headgate adopt {facts.job}, or restore the ledger; to give the state up: "
            f"headgate deploy {facts.job} --start-empty",
            for_operator=True,
        )
    return _with_slots(facts, 0, _start(1, 1, None, "first deployment"))


def _beside_running(facts: Facts, latest: Submission) -> Deployment | Refusal:
    if latest.spec_digest == facts.spec_digest and latest.line == facts.line:
        return Deployment(
            "keep", latest.generation, latest.attempt, None, "already runs as declared"
        )
    if latest.line != facts.line:
        return Refusal(
            f"{facts.job} runs on Flink {latest.line}, declared is {facts.line}: a change of the "
            "line is an upgrade, not a deployment",
            f"headgate upgrade {facts.job} --to {facts.line}; or set "
            f'`flink: "{latest.line}"` in job.yaml',
        )
    replacement = Deployment(
        "replace",
        latest.generation + 1,
        1,
        None,
        "starts empty, as asked for" if facts.start_empty else "declaration changed",
        restores_snapshot=not facts.start_empty,
        stop=latest.flink_job_id,
        state_of=None if facts.start_empty else latest.flink_job_id,
    )
    # The slots of the job that is stopped are free by then; it had at least one.
    return _with_slots(facts, facts.slots_needed, replacement)


def _after_ended(facts: Facts, latest: Submission) -> Deployment | Refusal:
    same = latest.spec_digest == facts.spec_digest
    generation = latest.generation if same else latest.generation + 1
    attempt = latest.attempt + 1 if same else 1
    if facts.start_empty:
        return _with_slots(
            facts, 0, _start(generation, attempt, None, "starts empty, as asked for")
        )
    stateful = [submission for submission in facts.submissions if submission.was_healthy]
    if facts.has_finished:
        return _finished(facts)
    if not stateful and not facts.snapshots:
        return _with_slots(
            facts, 0, _start(generation, attempt, None, "no earlier attempt made a checkpoint")
        )
    point = point_without_loss(_restore_facts(facts))
    if isinstance(point, NoRestorePoint):
        what = "\n".join([point.what, *point.notes])
        return Refusal(what, point.next_step, for_operator=True)
    restored = point.snapshot
    reason = "; ".join(["continues from its last state", *point.notes])
    continued = replace(
        _start(generation, attempt, restored.location, reason),
        state_of=restored.flink_job_id,
        state_format=restored.format,
    )
    return _with_slots(facts, 0, continued)


def _restore_facts(facts: Facts) -> RestoreFacts:
    return RestoreFacts(
        job=facts.job,
        lineage=lineage_of(facts.submissions),
        snapshots=facts.snapshots,
        now=facts.now,
        max_age=facts.max_age,
        accept_age=facts.accept_age,
        unfinished=facts.unfinished,
        command="deploy",
    )


def _finished(facts: Facts) -> Refusal:
    """Flink deletes the retained checkpoints of a job that has finished; what is left is older."""
    return Refusal(
        f"{facts.job} has ended as FINISHED: it was stopped outside of headgate, or its input has "
        "an end; anything that headgate knows to restore is older than what it has published",
        f"find the savepoint of that stop, then headgate recover {facts.job} --from it; to give "
        f"the state up: headgate deploy {facts.job} --start-empty",
        for_operator=True,
    )


def _start(generation: int, attempt: int, restore_from: str | None, reason: str) -> Deployment:
    return Deployment("start", generation, attempt, restore_from, reason)


def _with_slots(facts: Facts, freed: int, deployment: Deployment) -> Deployment | Refusal:
    if facts.slots_needed <= facts.slots_available + freed:
        return deployment
    return Refusal(
        f"{facts.job} needs {facts.slots_needed} task slots, the Flink {facts.line} cluster has "
        f"{facts.slots_available} free",
        "stop another job, lower `parallelism`, or give the cluster more slots",
    )


def _strangers(facts: Facts, strangers: Sequence[FlinkJobId]) -> Refusal:
    return Refusal(
        f"{facts.job} already runs as {', '.join(strangers)}, which the ledger does not know as "
        "its latest deployment",
        f"headgate adopt {facts.job} if the ledger was lost or is an old copy; end that job in the "
        "Flink UI if it should not run",
        for_operator=True,
    )
