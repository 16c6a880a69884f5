"""Identifiers of their own types, and the rules that derive them.

Every id that a server sees is a function of (environment, job, generation, attempt, step), so
that it can be written to the ledger before the call and two attempts make one effect.
Flink takes job ids and trigger ids of 32 hex digits chosen by the caller (FLINK-24208 for
`triggerId`; `jobId` in the body of `POST /jars/:jarid/run`).
"""

from hashlib import blake2b
from typing import Literal, NewType

EnvironmentName = NewType("EnvironmentName", str)
JobName = NewType("JobName", str)
TopicName = NewType("TopicName", str)
FlinkLineName = NewType("FlinkLineName", str)  # "2.2"
OperationId = NewType("OperationId", str)
FlinkJobId = NewType("FlinkJobId", str)
TriggerId = NewType("TriggerId", str)
Digest = NewType("Digest", str)

Role = Literal["live", "rehearsal", "replay"]

NAME_PATTERN = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
"""Names of jobs and topics: lower-case words joined by single hyphens, at most 80 characters.
Safe as folder, topic, subject, SQL identifier (hyphens become underscores) and URL segment."""
NAME_MAX_LENGTH = 80


def digest_of(*parts: str | bytes) -> Digest:
    """A 32-digit hex digest of the parts, sensitive to where one ends and the next begins."""
    hashed = blake2b(digest_size=16)
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        hashed.update(len(raw).to_bytes(8, "big"))
        hashed.update(raw)
    return Digest(hashed.hexdigest())


def flink_job_id(
    environment: EnvironmentName, job: JobName, generation: int, attempt: int
) -> FlinkJobId:
    """The Flink job id of one submission. A refused one burns its id: the next attempt is used."""
    return FlinkJobId(digest_of("job", environment, job, str(generation), str(attempt)))


def trigger_id(operation: OperationId, step: str, attempt: int = 1) -> TriggerId:
    """The savepoint trigger id of one step of one operation.

    The same id posted twice makes one savepoint within `rest.async.store-duration`; a second id
    for a stop that may still run breaks the job, so `attempt` grows only after a definite failure.
    """
    return TriggerId(digest_of("trigger", operation, step, str(attempt)))


def rehearsal_job_id(operation: OperationId, attempt: int = 1) -> FlinkJobId:
    """The Flink job id of a shadow job, which belongs to one operation and ends with it."""
    return FlinkJobId(digest_of("rehearsal", operation, str(attempt)))


def transactional_id_prefix(environment: EnvironmentName, job: JobName, role: Role = "live") -> str:
    """The Kafka transactional-id prefix of a job: stable over restarts, unique per job and role.

    Names hold no dots, so that no two jobs of any environments share a prefix.
    """
    return f"headgate.{environment}.{job}.{role}"


def consumer_group(environment: EnvironmentName, job: JobName, role: Role = "live") -> str:
    """The consumer group under which a job reports its offsets."""
    return f"headgate.{environment}.{job}.{role}"


def sql_identifier(name: str) -> str:
    """The SQL name of a topic: `sensor-readings` is the table `sensor_readings`."""
    return name.replace("-", "_")
