"""Rows of the ledger as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName, OperationId

Json = Mapping[str, Any]
OperationState = Literal["running", "succeeded", "failed", "rolled_back", "needs_operator"]
DeploymentState = Literal["intended", "healthy", "stopped"]
"""intended: written before the submission; healthy: it has passed the health gate, so it has had
state; stopped: it was ended with a savepoint. Whether it runs now is Flink's to say."""


@dataclass(frozen=True)
class OperationRecord:
    """One lifecycle operation on one job. `reason` and `next_step` are set when it has ended."""

    id: OperationId
    kind: str
    job: JobName
    state: OperationState
    request: Json
    surface: str
    reason: str
    next_step: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class StepRecord:
    """One step: intended before its effect, done after it.

    `intent` holds the ids and targets, `progress` what the last look remembered, `evidence`
    what was seen when it was done.
    """

    operation_id: OperationId
    name: str
    position: int
    state: Literal["intended", "done"]
    intent: Json
    progress: Json
    evidence: Json
    fence: int
    intended_at: datetime
    done_at: datetime | None


@dataclass(frozen=True)
class LeaseRecord:
    """The right to act on a job, held by one operation. `fence` grows with every taking."""

    job: JobName
    operation_id: OperationId
    fence: int
    holder: str
    taken_at: datetime


@dataclass(frozen=True)
class DeploymentRecord:
    """One submission (`attempt`) of one accepted spec (`generation`) of a job."""

    job: JobName
    generation: int
    attempt: int
    flink_job_id: FlinkJobId
    line: FlinkLineName
    state: DeploymentState
    spec_digest: Digest
    plan_digest: Digest | None
    artefact_digest: Digest | None
    artefacts: str | None
    restored_from: str | None
    operation_id: OperationId
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class SnapshotRecord:
    """A savepoint that was verified: its `_metadata` was there and not empty."""

    location: str
    job: JobName
    generation: int
    flink_job_id: FlinkJobId
    kind: Literal["savepoint", "checkpoint"]
    format: Literal["canonical", "native"]
    line: FlinkLineName
    plan_digest: Digest | None
    spec_digest: Digest
    metadata_bytes: int
    pinned: bool
    operation_id: OperationId
    taken_at: datetime
