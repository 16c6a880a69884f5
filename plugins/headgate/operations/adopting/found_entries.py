"""Finding what a ledger has lost: live jobs, copies of submissions, savepoints. Reads only."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from headgate.clients.locations import plain_location
from headgate.clients.savepoint_properties import savepoint_properties
from headgate.clients.snapshot_metadata import metadata_problem
from headgate.clients.storage import SnapshotFolder, content_of, snapshots_below
from headgate.errors import NeedsOperator
from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName, digest_of
from headgate.ledger.records import DeploymentRecord, SnapshotRecord
from headgate.operations.deployment.kept_submission import (
    folder_of_submissions,
    kept_submissions,
)
from headgate.operations.ledger_age import generation_of, savepoints_of
from headgate.operations.live_jobs import LiveJobs, live_jobs
from headgate.operations.restoring.known_snapshots import checkpoint_folder, job_of_checkpoint
from headgate.operations.services import Services
from headgate.plan.adoption import (
    AdoptionFacts,
    CannotAdopt,
    LiveJob,
    Submitted,
    UnknownSavepoint,
    plan_adoption,
)
from headgate.plan.ledger_age import recognised

_JOB_DIGITS = re.compile(r"savepoint-([0-9a-f]{6})-[0-9a-f]+\Z")
"""Flink's name of a savepoint: `savepoint-<first six digits of the job id>-<random>`."""


@dataclass(frozen=True)
class FoundEntries:
    """What would be written, and what a person should know about it."""

    job: JobName
    deployments: Sequence[DeploymentRecord]
    snapshots: Sequence[SnapshotRecord]
    live: FlinkJobId | None
    notes: Sequence[str]

    @property
    def is_empty(self) -> bool:
        """Whether the ledger knows all of it."""
        return not self.deployments and not self.snapshots

    @property
    def digest(self) -> Digest:
        """Of what would be written, so that what was shown is what is done."""
        lines = [f"{one.flink_job_id} {one.state}" for one in self.deployments]
        return digest_of("adoption", *lines, *(one.location for one in self.snapshots))


def find_entries(services: Services, job: JobName) -> FoundEntries:
    """Look at Flink and storage, and decide what the ledger gets back.

    Raises:
        NeedsOperator: it cannot be rebuilt without a person.
        Unavailable: storage does not answer, or the cluster of the latest submission: a job that
            runs there would be written down as ended.

    """
    kept = {one.flink_job_id: one for one in kept_submissions(services, job)}
    recorded = {one.flink_job_id: one for one in services.ledger.deployments(job)}
    live = live_jobs(services, job, _latest_line({**kept, **recorded}.values()))
    unknown = _unknown_savepoints(services, job)
    problems = {one.location: metadata_problem(one.location) for one in unknown}
    savepoints = [one for one in unknown if problems[one.location] is None]
    facts = AdoptionFacts(
        job=job,
        submitted=[_submitted(one, kept, recorded) for one in {**kept, **recorded}],
        live=[_live_job(services, one, line) for one, line in live.lines.items()],
        recognised=recognised(
            services.environment.name,
            job,
            live.lines,
            {one.flink_job_id: (one.generation, one.attempt) for one in recorded.values()},
        ),
        left_checkpoint=_left_checkpoint(services, job),
        savepoints=[_savepoint(folder) for folder in savepoints],
        kept_in=str(folder_of_submissions(services, job)),
    )
    adoption = plan_adoption(facts)
    if isinstance(adoption, CannotAdopt):
        raise NeedsOperator(
            adoption.what,
            still_true="Nothing was changed, neither in the ledger nor in Flink.",
            next_step=adoption.next_step,
        )
    known = {**kept, **recorded}
    folders = {folder.location: folder for folder in savepoints}
    deployments = [replace(known[one], state=state) for one, state in adoption.deployments.items()]
    return FoundEntries(
        job,
        sorted(deployments, key=lambda one: (one.generation, one.attempt)),
        [_snapshot(folders[at], known[one]) for at, one in sorted(adoption.savepoints.items())],
        adoption.live,
        [
            *adoption.notes,
            *(f"{at} is left alone: {problem}" for at, problem in problems.items() if problem),
            *_unseen(live),
        ],
    )


def _latest_line(submitted: Collection[DeploymentRecord]) -> FlinkLineName | None:
    latest = max(submitted, key=lambda one: (one.generation, one.attempt), default=None)
    return latest.line if latest else None


def _submitted(
    job_id: FlinkJobId,
    kept: Mapping[FlinkJobId, DeploymentRecord],
    recorded: Mapping[FlinkJobId, DeploymentRecord],
) -> Submitted:
    copy, row = kept.get(job_id), recorded.get(job_id)
    one = row or copy
    if one is None:
        raise AssertionError(f"{job_id} is neither kept nor recorded")
    was_healthy = copy is not None and copy.state != "intended"
    state = copy.state if copy and was_healthy and one.state == "intended" else one.state
    return Submitted(job_id, (one.generation, one.attempt), state, row.state if row else None)


def _live_job(services: Services, job_id: FlinkJobId, line: FlinkLineName) -> LiveJob:
    picture = services.flink(line).job(job_id)
    return LiveJob(job_id, line, picture.checkpoints.completed if picture else 0)


def _left_checkpoint(services: Services, job: JobName) -> set[FlinkJobId]:
    found = snapshots_below(checkpoint_folder(services, job))
    return {job_of_checkpoint(one) for one in found}


def _unknown_savepoints(services: Services, job: JobName) -> Sequence[SnapshotFolder]:
    known = {plain_location(one.location) for one in services.ledger.snapshots(job)}
    found = savepoints_of(services, job)
    return [one for one in found if plain_location(one.location) not in known]


def _savepoint(folder: SnapshotFolder) -> UnknownSavepoint:
    named = _JOB_DIGITS.search(folder.location.rstrip("/"))
    return UnknownSavepoint(
        folder.location, generation_of(folder.location), named[1] if named else ""
    )


def _snapshot(folder: SnapshotFolder, maker: DeploymentRecord) -> SnapshotRecord:
    """Pinned: the ledger no longer knows which ones were, and a pin takes nothing away."""
    written_by: dict[str, Any] = {
        "job": maker.job,
        "generation": maker.generation,
        "flink_job_id": maker.flink_job_id,
        "line": maker.line,
        "plan_digest": maker.plan_digest,
        "spec_digest": maker.spec_digest,
        "artefact_digest": maker.artefact_digest,
        "flink_version": maker.flink_version,
        "operation_id": maker.operation_id,
    }
    properties = savepoint_properties(folder.location)
    return SnapshotRecord(
        location=folder.location,
        kind="savepoint",
        # Of the two, native is the one that promises less.
        format=properties.format or "native",
        metadata_bytes=folder.metadata_bytes,
        size_bytes=content_of(folder.location).size_bytes,
        pinned=True,
        taken_at=folder.modified_at,
        origin=properties.ended_job or "adopted",
        **written_by,
    )


def _unseen(live: LiveJobs) -> Sequence[str]:
    return [
        f"Flink {line} does not answer: a job that it may run is not seen"
        for line in live.unreachable
    ]
