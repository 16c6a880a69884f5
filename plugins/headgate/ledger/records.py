"""Rows of the ledger as plain values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName, OperationId, TopicName

Json = Mapping[str, Any]
OperationState = Literal["running", "succeeded", "failed", "rolled_back", "needs_operator"]
DeploymentState = Literal["intended", "healthy", "stopped", "cancelled", "astray"]
"""intended: written before the submission; healthy: it has passed the health gate, so it has had
state; stopped: it was ended with a savepoint; cancelled: it was ended on purpose and has left its
retained checkpoint; astray: Flink had started it from other state than asked for, so it was ended
and nothing continues from what it left. Whether it runs now is Flink's to say."""
SnapshotState = Literal["whole", "disposing", "quarantined"]
"""whole: it can be restored; disposing: its files are being deleted; quarantined: it was found
corrupt, so nothing is restored from it."""
SnapshotOrigin = Literal[
    "stop", "drain", "cancel", "scheduled", "on_demand", "rehearsal", "upgrade", "adopted"
]
"""What a snapshot was taken for. drain: a stop that flushed all windows, so that nothing goes on
from it unless a person says so; cancel: the retained checkpoint that an end without savepoint
left; rehearsal: of a job that went on; upgrade: that with which the job before was stopped."""


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
class DecisionRecord:
    """What was decided about an operation that asked: by a person, or because nobody answered."""

    operation_id: OperationId
    is_approved: bool
    decided_by: str
    reason: str
    """Why, where somebody said so; may be empty."""
    decided_at: datetime


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
    reads: Sequence[TopicName] | None = None
    """Topics that it reads; None where the ledger did not keep them yet."""
    writes: Sequence[TopicName] | None = None
    """Topics that it writes; None where the ledger did not keep them yet."""
    state_manifest: Json | None = None
    """Operator uid → state name → type; None where the ledger did not keep it yet."""
    flink_version: str | None = None
    """Full version of the cluster at the submission, such as 2.2.1."""
    parallelism: int | None = None
    """What it runs with now, declared or rescaled; None where the ledger did not keep it yet."""
    cluster: str | None = None
    """Address of the JobManager that it was submitted to; None where the ledger did not keep it
    yet. The address of a line may change while the job runs on."""


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
    """A rollback point: retention never takes it."""
    operation_id: OperationId
    taken_at: datetime
    state: SnapshotState = "whole"
    origin: SnapshotOrigin = "stop"
    size_bytes: int | None = None
    """Of all files of the snapshot's folder."""
    duration_ms: int | None = None
    """From the trigger to its completion, as Flink says."""
    flink_version: str | None = None
    artefact_digest: Digest | None = None
    proven_at: datetime | None = None
    """When a job was last restored from it to prove that it can be."""


@dataclass(frozen=True)
class ContractRunRecord:
    """One application of schemas and topics.

    `running` is one under way, or one whose process died: what it did is in Kafka and in the
    registry, and the next plan finds it.
    """

    id: str
    surface: str
    """Who ran it: a user and host, or a DAG and its run."""
    approved_by: str | None
    """Who agreed to the changes that need an approval; None where there were none."""
    cluster_id: str
    state: Literal["running", "complete", "incomplete"]
    changes: Sequence[Json]
    """The changes of the plan, as `Change.to_json` writes them."""
    items: Sequence[Json]
    """What became of each, as `ApplyResult.to_json` writes them; empty while running."""
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class HealthLookRecord:
    """The last look of the health check at a job, and what it remembers for the next."""

    job: JobName
    flink_job_id: FlinkJobId
    state: str
    """As `operations.status` names them: healthy, degraded, failing, missing and so on."""
    reason: str
    since: datetime
    """When the state became what it is."""
    looked_at: datetime
    memory: Json
