"""The health check: a look at every deployed job, remembered in the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from headgate.ledger.records import HealthLookRecord
from headgate.operations.engine.left_open import how_it_stands
from headgate.operations.job_status import JobStatus
from headgate.operations.known_job import ENDED_AS, declared_alone, known_jobs
from headgate.operations.look_at_job import JobLook, look_at_jobs
from headgate.operations.restoring.considered import may_recover
from headgate.operations.seen_healthy import record_seen_healthy
from headgate.operations.services import Services
from headgate.plan.health_attention import (
    blocks,
    is_excused,
    is_news,
    needs_attention,
    news_of,
    next_step,
    still_told,
)
from headgate.plan.recovery import Recoverable

_TOLD = "told"
_EXCUSED = Recoverable(is_due=False, reason="an operation is under way")
_WELL = Recoverable(is_due=False, reason="")


@dataclass(frozen=True)
class Checked:
    """One job after a look. `recovery` says whether it is recovered now, and why not."""

    status: JobStatus
    needs_attention: bool
    is_news: bool
    """Whether people are to be told; after that call `people_were_told`."""
    recovery: Recoverable
    next_step: str = ""
    news: str = ""
    """What people are told of, in a word to compare with."""
    left_open: str = ""
    """Which operation was left open on it, in words."""

    @property
    def in_words(self) -> str:
        """State and reason in one line, and what was left open."""
        reason = f": {self.status.reason}" if self.status.reason else ""
        left = f"; {self.left_open}" if self.left_open else ""
        return f"{self.status.job} is {self.status.state}{reason}{left}"


def check_health(services: Services) -> Sequence[Checked]:
    """Look at every deployed job, by name, and write each look into the ledger.

    A job is watched by what its job.yaml says; one whose files are wrong, or gone, by the
    defaults. A job on which an operation is at work is looked at and not judged.

    Raises:
        Unavailable: the ledger cannot be reached. A cluster that cannot makes its jobs unknown.

    """
    names = sorted({deployment.job for deployment in services.ledger.deployments()})
    known = known_jobs(services, {name: declared_alone(services, name) for name in names})
    now = services.clock.now()
    return [_checked(services, look, now) for look in look_at_jobs(services, known)]


def people_were_told(services: Services, checked: Checked) -> None:
    """Remember that people know of a job's state, so that they are not told of it again."""
    look = services.ledger.health_look(checked.status.job)
    if look is not None:
        memory = {**look.memory, _TOLD: checked.news}
        services.ledger.write_health_look(replace(look, memory=memory))


def _checked(services: Services, look: JobLook, now: datetime) -> Checked:
    operation = look.known.operation
    held = how_it_stands(services, operation) if operation is not None else None
    started_at = operation.started_at if operation else None
    if is_excused(held, started_at, now):
        return Checked(look.status, needs_attention=False, is_news=False, recovery=_EXCUSED)
    status = replace(look.status, since=look.status.since or now)
    is_blocked = blocks(held, started_at, now)
    told = _write(services, look, status, now, is_blocked=is_blocked)
    record_seen_healthy(services, look)
    if status.since is None or not (is_blocked or needs_attention(status.state, status.since, now)):
        return Checked(status, needs_attention=False, is_news=False, recovery=_WELL)
    recovery = may_recover(services, look)
    news = news_of(status.state, status.since, now, held)
    return Checked(
        status,
        needs_attention=True,
        is_news=is_news(news, told),
        recovery=recovery,
        next_step=next_step(
            status.job,
            status.state,
            is_recovered=recovery.is_due,
            operation=held.operation if held else None,
        ),
        news=news,
        left_open=held.in_words if held and held.is_left else "",
    )


def _write(
    services: Services, look: JobLook, status: JobStatus, now: datetime, *, is_blocked: bool
) -> str:
    """Write the look; what people were last told of this Flink job."""
    before, latest = look.known.last_look, look.known.latest
    if latest is None or status.since is None:
        return ""
    is_same_job = before is not None and before.flink_job_id == latest.flink_job_id
    told = before.memory.get(_TOLD, "") if before is not None and is_same_job else ""
    memory: dict[str, Any] = look.memory.as_json() if look.memory else {}
    if look.ended_as is not None:
        memory[ENDED_AS] = look.ended_as
    still = still_told(status.state, told, is_blocked=is_blocked)
    services.ledger.write_health_look(
        HealthLookRecord(
            job=status.job,
            flink_job_id=latest.flink_job_id,
            state=status.state,
            reason=status.reason,
            since=status.since,
            looked_at=now,
            memory={**memory, _TOLD: still},
        )
    )
    return told
