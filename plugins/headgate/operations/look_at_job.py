"""One look at one job: recorded, declared and observed side by side. Reads only."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from headgate.clients.flink import JobPicture
from headgate.errors import HeadgateError
from headgate.ids import FlinkLineName, JobName
from headgate.ledger.records import DeploymentRecord, OperationRecord
from headgate.operations.committed_input import CommittedInput
from headgate.operations.job_status import JobStatus, State
from headgate.operations.known_job import Known
from headgate.operations.ledger_age import look_at_ledger_age, next_step
from headgate.operations.services import Services
from headgate.plan.health_memory import LookMemory, remember
from headgate.plan.job_health import JobHealth, health_of, limits_of
from headgate.spec.at_line import at_line
from headgate.spec.declared import DeclaredJob

_AT_A_TIME = 8


@dataclass(frozen=True)
class JobLook:
    """A status, and what is to be remembered: the old memory where there was nothing to see."""

    known: Known
    status: JobStatus
    memory: LookMemory | None
    ended_as: str | None = None
    """The Flink state in which it has ended, remembered where Flink no longer knows it."""


def look_at_jobs(
    services: Services, known: Sequence[Known], *, asks_kafka: bool = True
) -> Sequence[JobLook]:
    """Look at several jobs, a few at a time, in their order.

    A cluster that does not answer is not asked again about the others: they are `unknown`, and
    the jobs of the other clusters do not wait for it. With `asks_kafka`, consumer groups tell of
    the input where sources do not.
    """
    one_pass = services.for_one_pass()
    committed = CommittedInput(one_pass) if asks_kafka else None
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        return list(pool.map(lambda one: look_at_job(one_pass, one, committed), known))


def look_at_job(
    services: Services, known: Known, committed: CommittedInput | None = None
) -> JobLook:
    """Look at one job; a server that cannot be reached makes it `unknown`, never `failing`.

    With `committed` the consumer group tells of the input where the sources do not.
    """
    latest = known.latest
    if latest is None:
        return JobLook(known, _never_deployed(services, known), None)
    try:
        client = services.flink(latest.line)
        picture = client.job(latest.flink_job_id)
    except HeadgateError as error:
        return _unseen(known, latest, "unknown", error.what.splitlines()[0], known.ended_as)
    if picture is None or picture.is_terminal:
        return _ended(services, known, latest, picture)
    now = services.clock.now()
    if committed is not None and not _tells_input_lag(picture):
        picture = replace(picture, pending_records=committed.lag(known.job, known.declared))
    memory = remember(picture, known.memory, now)
    health = health_of(
        picture,
        limits_of(known.declared.spec if known.declared else None),
        known.memory,
        now,
        restored_from=latest.restored_from,
    )
    status = _seen(_recorded(known, latest, health.state, health.reason), picture, health)
    page = client.job_page(latest.flink_job_id)
    return JobLook(known, replace(status, page=page), memory)


def _ended(
    services: Services, known: Known, latest: DeploymentRecord, picture: JobPicture | None
) -> JobLook:
    ended_as = known.ended_as if picture is None else picture.state
    if known.operation is None:
        older = _older_ledger(services, known.job)
        if older is not None:
            return _unseen(known, latest, "unknown", older, ended_as)
    if latest.state == "stopped":
        return _unseen(known, latest, "stopped", "stopped with a savepoint", ended_as)
    if latest.state == "cancelled":
        reason = "cancelled; its retained checkpoint is kept"
        return _unseen(known, latest, "stopped", reason, ended_as)
    if latest.state == "astray":
        reason = "Flink had started it from other state than asked for, so it was cancelled"
        return _unseen(known, latest, "failing", reason, ended_as)
    limits = limits_of(known.declared.spec if known.declared else None)
    health = health_of(picture, limits, known.memory, services.clock.now())
    reason = health.reason
    if picture is None and ended_as is not None:
        reason += f"; it had ended as {ended_as} before"
    return _unseen(known, latest, health.state, reason, ended_as)


def _tells_input_lag(picture: JobPicture) -> bool:
    """A source that does not run still tells what it knew before it ended."""
    sources = [vertex for vertex in picture.vertices if vertex.is_source]
    return picture.pending_records is not None and all(one.state == "RUNNING" for one in sources)


def _seen(status: JobStatus, picture: JobPicture, health: JobHealth) -> JobStatus:
    figures = health.figures
    if figures is None:
        return status
    return replace(
        status,
        running_since=picture.started_at,
        vertices=figures.vertices,
        vertices_running=figures.running,
        restored_from=picture.restored.path if picture.restored else None,
        checkpoints=picture.checkpoints.completed,
        checkpoint_age=figures.checkpoint_age,
        checkpoint_duration=figures.checkpoint_duration,
        checkpoint_bytes=figures.state_bytes,
        checkpoints_failed=picture.checkpoints.failed,
        watermark_lag=figures.watermark_lag,
        input_lag=figures.input_lag,
        records_in=figures.records,
        restarts=picture.restarts,
        restarts_lately=figures.restarts_lately,
        back_pressured=figures.back_pressured,
        busiest=figures.busiest,
    )


def _never_deployed(services: Services, known: Known) -> JobStatus:
    line = FlinkLineName(known.declared.spec.flink) if known.declared else FlinkLineName("?")
    operation = known.operation
    older = _older_ledger(services, known.job) if operation is None else None
    if older is not None:
        return JobStatus(known.job, line, "unknown", older)
    under_way = f"{operation.kind} under way" if operation else "never deployed"
    return JobStatus(known.job, line, "not deployed", under_way, operation=_kind(operation))


def _unseen(
    known: Known, latest: DeploymentRecord, state: State, reason: str, ended_as: str | None
) -> JobLook:
    return JobLook(known, _recorded(known, latest, state, reason), known.memory, ended_as)


def _recorded(known: Known, latest: DeploymentRecord, state: State, reason: str) -> JobStatus:
    declared = known.declared
    changed = declared is not None and at_line(declared, latest.line).digest != latest.spec_digest
    return JobStatus(
        job=known.job,
        line=latest.line,
        state=state,
        reason=reason,
        generation=latest.generation,
        flink_job_id=latest.flink_job_id,
        changed=changed,
        declared_line=_declared_line(latest, declared),
        declared_parallelism=None if changed else _declared_parallelism(latest, declared),
        since=_since(known, latest, state),
        operation=_kind(known.operation),
    )


def _since(known: Known, latest: DeploymentRecord, state: State) -> datetime | None:
    look = known.last_look
    if look is None or look.flink_job_id != latest.flink_job_id or look.state != state:
        return None
    return look.since


def _declared_line(latest: DeploymentRecord, declared: DeclaredJob | None) -> FlinkLineName | None:
    if declared is None or declared.spec.flink == latest.line:
        return None
    return FlinkLineName(declared.spec.flink)


def _declared_parallelism(latest: DeploymentRecord, declared: DeclaredJob | None) -> int | None:
    """A changed declaration is told as such; its parallelism is that of the next deployment."""
    if declared is None or latest.parallelism is None:
        return None
    wanted = declared.spec.parallelism
    return wanted if wanted != latest.parallelism else None


def _older_ledger(services: Services, job: JobName) -> str | None:
    """What shows that the ledger is older than what there is; None also where nobody can say."""
    try:
        age = look_at_ledger_age(services, job)
    except HeadgateError:
        return None
    return None if age.verdict == "same" else f"{age.what}; next: {next_step(age, job)}"


def _kind(operation: OperationRecord | None) -> str | None:
    return operation.kind if operation else None
