"""Deciding a deployment: what starts, from which state, and what is stopped before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName


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
class Snapshot:
    """A whole savepoint or retained checkpoint that can be restored."""

    location: str
    flink_job_id: FlinkJobId
    plan_digest: Digest | None
    taken_at: datetime


@dataclass(frozen=True)
class Facts:
    """All that the decision rests on. `submissions` and `snapshots` are newest first."""

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
    unknown_state: str | None = None
    """Newest snapshot in the job's folders that no submission in the ledger has made."""


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


@dataclass(frozen=True)
class Refusal:
    """Why nothing is done. `for_operator`: it is not a fault of the files; a person decides."""

    what: str
    next_step: str
    for_operator: bool = False


def plan_deployment(facts: Facts) -> Deployment | Refusal:
    """Decide from the facts alone. A job with state never starts empty unless a person said so."""
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
            f"restore the ledger; to give the state up: headgate deploy {facts.job} --start-empty",
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
            f'set `flink: "{latest.line}"` in job.yaml until the upgrade',
        )
    if not facts.start_empty and latest.plan_digest != facts.plan_digest:
        return _state_does_not_fit(facts)
    replacement = Deployment(
        "replace",
        latest.generation + 1,
        1,
        None,
        "starts empty, as asked for" if facts.start_empty else "declaration changed",
        restores_snapshot=not facts.start_empty,
        stop=latest.flink_job_id,
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
    if not stateful and not facts.snapshots:
        return _with_slots(
            facts, 0, _start(generation, attempt, None, "no earlier attempt made a checkpoint")
        )
    newest = _newest_of_lineage(facts, stateful)
    if newest is None:
        return Refusal(
            f"{facts.job} has had state, but no whole savepoint or checkpoint of its last "
            f"deployment {stateful[0].flink_job_id} was found",
            "find out where its state is; to give it up: "
            f"headgate deploy {facts.job} --start-empty",
            for_operator=True,
        )
    if newest.plan_digest != facts.plan_digest:
        return _state_does_not_fit(facts)
    return _with_slots(
        facts, 0, _start(generation, attempt, newest.location, "continues from its last state")
    )


def _newest_of_lineage(facts: Facts, stateful: Sequence[Submission]) -> Snapshot | None:
    """The newest snapshot that is not older than the last deployment known to have had state.

    Results published since an older snapshot would be published again.
    """
    later: list[FlinkJobId] = []
    for submission in facts.submissions:
        later.append(submission.flink_job_id)
        if stateful and submission == stateful[0]:
            break
    return next((snapshot for snapshot in facts.snapshots if snapshot.flink_job_id in later), None)


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


def _state_does_not_fit(facts: Facts) -> Refusal:
    return Refusal(
        f"{facts.job}: its SQL has changed, and the state of the SQL before does not fit it",
        f"take the change back, or begin anew: headgate deploy {facts.job} --start-empty "
        "(the old state is kept as a savepoint)",
    )


def _strangers(facts: Facts, strangers: Sequence[FlinkJobId]) -> Refusal:
    return Refusal(
        f"{facts.job} already runs as {', '.join(strangers)}, which the ledger does not know as "
        "its latest deployment",
        "end that job in the Flink UI if it should not run, or restore the ledger that started it",
        for_operator=True,
    )
