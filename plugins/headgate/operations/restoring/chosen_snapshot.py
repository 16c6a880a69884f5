"""Choosing the snapshot that a job continues from, or taking the one that was named. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from headgate.clients.locations import same_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.errors import NeedsOperator, Rejected
from headgate.ids import FlinkJobId, JobName
from headgate.operations.deployment.facts import submissions_of
from headgate.operations.restoring.known_snapshots import known_snapshots, unfinished_checkpoints
from headgate.operations.restoring.what_is_declared import policies
from headgate.operations.services import Services
from headgate.plan.committed_checkpoint import point_without_loss
from headgate.plan.open_transactions import possible_loss
from headgate.plan.restorable import KeptState, refuse_unfit, unknown_state
from headgate.plan.restore_point import (
    Concern,
    NoRestorePoint,
    RestoreFacts,
    concerns_about,
    lineage_of,
)
from headgate.plan.snapshot import Snapshot
from headgate.plan.state_manifest import recorded_manifest


@dataclass(frozen=True)
class Chosen:
    """The snapshot, and in words what there is to say about the choice.

    `made_by` is None for one that no deployment in the ledger has made.
    """

    snapshot: Snapshot
    made_by: FlinkJobId | None
    notes: tuple[str, ...]


def choose_snapshot(
    services: Services,
    job: JobName,
    restored_by: FlinkJobId,
    *,
    named: str | None,
    accept_age: bool,
    command: Literal["recover", "start"],
    snapshots: Sequence[Snapshot] | None = None,
) -> Chosen:
    """The named snapshot, else the newest usable one; what it holds must fit what restores it.

    `restored_by` is the deployment whose artefacts are started again; `snapshots` are the known
    ones, where they have been looked at already.

    Raises:
        NeedsOperator: there is none that may be restored without a person.
        Rejected: its state does not fit.

    """
    facts = restore_facts(services, job, snapshots)
    if named is not None:
        chosen = _named(facts, named)
    else:
        point = point_without_loss(replace(facts, accept_age=accept_age, command=command))
        if isinstance(point, NoRestorePoint):
            raise NeedsOperator(
                "\n".join([f"{job}: {point.what}", *point.notes]),
                still_true="Nothing was changed.",
                next_step=point.next_step,
            )
        chosen = Chosen(point.snapshot, point.snapshot.flink_job_id, point.notes)
    return _that_fits(services, job, chosen, restored_by)


def concerns(services: Services, job: JobName, location: str) -> dict[Concern, str]:
    """What speaks against restoring a snapshot that a person names.

    Raises:
        Rejected: there is no snapshot, or it is broken.

    """
    _refuse_broken(job, location, metadata_problem(location))
    return concerns_about(location, restore_facts(services, job))


def restore_facts(
    services: Services, job: JobName, snapshots: Sequence[Snapshot] | None = None
) -> RestoreFacts:
    """Look at ledger and state storage."""
    if snapshots is None:
        snapshots = known_snapshots(services, job)
    lineage = lineage_of(submissions_of(services.ledger.deployments(job), snapshots))
    return RestoreFacts(
        job=job,
        lineage=lineage,
        snapshots=snapshots,
        now=services.clock.now(),
        max_age=policies(services, job).recovery.max_age,
        unfinished=unfinished_checkpoints(services, job, lineage, snapshots),
    )


def _named(facts: RestoreFacts, location: str) -> Chosen:
    known = next((one for one in facts.snapshots if same_location(one.location, location)), None)
    if known is not None:
        _refuse_broken(facts.job, location, None if known.is_quarantined else known.problem)
        loss = possible_loss(known.transactions, known.taken_at, facts.now)
        said = filter(None, (known.problem, loss))
        return Chosen(known, known.flink_job_id, ("as it was named", *said))
    _refuse_broken(facts.job, location, metadata_problem(location))
    foreign = Snapshot(location, FlinkJobId(""), None, facts.now)
    return Chosen(foreign, None, (f"{location} is none of {facts.job}'s own, as it was named",))


def _refuse_broken(job: JobName, location: str, problem: str | None) -> None:
    if problem is not None:
        raise Rejected(
            f"{job}: {location} cannot be restored: {problem}",
            still_true="Nothing was changed.",
            next_step=f"headgate savepoints {job}",
        )


def _that_fits(services: Services, job: JobName, chosen: Chosen, restored_by: FlinkJobId) -> Chosen:
    if chosen.made_by is None:
        return replace(chosen, notes=(*chosen.notes, "what state it holds is not known"))
    made = _kept_state(services, job, chosen.made_by)
    wanted = _kept_state(services, job, restored_by)
    found = refuse_unfit(job, made, wanted, snapshot=chosen.snapshot.format)
    said: Sequence[str] = [one.in_words() for one in found]
    unknown = unknown_state(made) if chosen.made_by != restored_by else ""
    return replace(chosen, notes=(*chosen.notes, *said, *([unknown] if unknown else [])))


def _kept_state(services: Services, job: JobName, job_id: FlinkJobId) -> KeptState:
    deployment = services.ledger.deployment(job, job_id)
    return KeptState(deployment.plan_digest, recorded_manifest(deployment.state_manifest))
