"""The wait until every job has published what a cut through its input closes."""

from datetime import timedelta

from headgate.clients.records.group_offsets import GroupOffsets
from headgate.demo.dag_runs import Tell
from headgate.demo.oracle.cut import INPUT, Cut
from headgate.errors import Unavailable
from headgate.ids import JobName, consumer_group
from headgate.operations.services import Services

_LOOK = timedelta(milliseconds=500)
_CHECKPOINTS_AFTER = 3
"""Checkpoints after the one that holds the cut: watermarks follow their records by a fifth of a
second, and results become visible with the checkpoint after the one in which they were made."""


def wait_until_caught_up(
    services: Services, jobs: list[JobName], cut: Cut, *, deadline: timedelta, tell: Tell
) -> None:
    """Wait until each job has read past the cut and completed further checkpoints since.

    Raises:
        Unavailable: a job has not got there by the deadline.

    """
    clock = services.clock
    end = clock.monotonic() + deadline.total_seconds()
    target: dict[JobName, int] = {}
    while behind := [job for job in jobs if not _is_past(services, job, cut, target)]:
        if clock.monotonic() > end:
            raise Unavailable(
                f"{', '.join(behind)}: not past the cut of {cut.readings:,} readings "
                f"after {deadline}",
                next_step="headgate status",
            )
        tell(f"waiting for {', '.join(behind)}")
        clock.sleep(_LOOK)


def _is_past(services: Services, job: JobName, cut: Cut, target: dict[JobName, int]) -> bool:
    """`target` remembers, once the cut is in a checkpoint, how many must have completed."""
    settings = services.environment.settings
    if job not in target:
        group = consumer_group(services.environment.name, job)
        committed = GroupOffsets(settings.kafka).committed(group, INPUT)
        if any(committed[part] < offset for part, offset in cut.offsets.items()):
            return False
        target[job] = _completed(services, job) + _CHECKPOINTS_AFTER
    return _completed(services, job) >= target[job]


def _completed(services: Services, job: JobName) -> int:
    deployment = services.ledger.deployments(job)[0]
    picture = services.flink(deployment.line).job(deployment.flink_job_id)
    return picture.checkpoints.completed if picture else 0
