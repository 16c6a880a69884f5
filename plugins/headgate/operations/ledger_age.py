"""Looking whether the ledger is as new as what runs and as the state that is stored. Reads only."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from headgate.clients.locations import plain_location
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import SnapshotFolder, snapshots_below
from headgate.errors import NeedsOperator
from headgate.ids import JobName
from headgate.operations.live_jobs import live_jobs
from headgate.operations.restoring.known_snapshots import checkpoint_folder, job_of_checkpoint
from headgate.operations.savepointing.found_savepoint import savepoint_root
from headgate.operations.services import Services
from headgate.plan.ledger_age import LedgerAge, LedgerFacts, LeftState, ledger_age
from headgate.spec.names import name_problem

_GENERATION = re.compile(r"/g(\d+)/")


def look_at_ledger_age(
    services: Services, job: JobName, *, with_stored_state: bool = True
) -> LedgerAge:
    """The verdict about one job. State storage is asked only while nothing of it runs.

    Raises:
        Unavailable: the cluster of its latest deployment, or the storage, does not answer.

    """
    deployments = services.ledger.deployments(job)
    live = live_jobs(services, job, deployments[0].line if deployments else None)
    facts = LedgerFacts(
        environment=services.environment.name,
        job=job,
        known={one.flink_job_id: (one.generation, one.attempt) for one in deployments},
        live=list(live.lines),
    )
    if with_stored_state and not live.lines:
        facts = _with_stored_state(services, facts)
    return ledger_age(facts)


def refuse_older_ledger(services: Services, job: JobName, *, gives_state_up: bool = False) -> None:
    """Let nothing be done on the word of a ledger that is older than what there is.

    With `gives_state_up` only what runs counts, not state that is stored.

    Raises:
        NeedsOperator: it is older, or something runs that it cannot explain.

    """
    if name_problem(job):
        return
    age = look_at_ledger_age(services, job, with_stored_state=not gives_state_up)
    if age.verdict != "same":
        raise NeedsOperator(
            age.what, still_true="Nothing was changed.", next_step=next_step(age, job)
        )


def next_step(age: LedgerAge, job: JobName) -> str:
    """What a person does about it."""
    if age.verdict == "stranger":
        return (
            "end that job in the Flink UI if it should not run, or use the environment that has "
            "started it"
        )
    return (
        f"headgate adopt {job} (shows what it would write into the ledger, and asks); or restore "
        "the ledger from a newer copy"
    )


def savepoints_of(services: Services, job: JobName) -> Sequence[SnapshotFolder]:
    """Whole savepoints in the folders of a job, recorded or not: `g<generation>/<operation>/*`."""
    return snapshots_below(savepoint_root(services, job), levels=(3,))


def generation_of(savepoint: str) -> int | None:
    """The generation that made a savepoint, by its folder."""
    found = _GENERATION.search(savepoint)
    return int(found[1]) if found else None


def _with_stored_state(services: Services, facts: LedgerFacts) -> LedgerFacts:
    recorded = {plain_location(one.location) for one in services.ledger.snapshots(facts.job)}
    unknown: list[LeftState] = []
    known: list[datetime] = []
    for checkpoint in snapshots_below(checkpoint_folder(services, facts.job)):
        owner = job_of_checkpoint(checkpoint)
        if owner in facts.known:
            known.append(checkpoint.modified_at)
        else:
            unknown.append(LeftState(checkpoint.location, checkpoint.modified_at, owner))
    for savepoint in savepoints_of(services, facts.job):
        if plain_location(savepoint.location) in recorded:
            known.append(savepoint.modified_at)
        elif metadata_problem(savepoint.location) is None:
            at, generation = savepoint.modified_at, generation_of(savepoint.location)
            unknown.append(LeftState(savepoint.location, at, generation=generation))
    return replace(facts, left=unknown, newest_known_state=max(known, default=None))
