"""What a shorter retention would delete now, and which readers have not read it yet."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from headgate.clients.observed import ExpiringRecords
from headgate.clients.records.retained import ManyOffsets, Partition, RetainedOffsets
from headgate.ids import JobName, TopicName, consumer_group
from headgate.spec.declared import NamedEnvironment

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def observe_expiring(
    environment: NamedEnvironment,
    shortened: Mapping[TopicName, timedelta],
    readers: Mapping[TopicName, tuple[JobName, ...]],
    now: datetime,
) -> Mapping[TopicName, ExpiringRecords]:
    """Count records by offsets: those that are there, older than the new time, and not read yet.

    `shortened` has the new retention time of each topic, `readers` the jobs that are deployed.
    A job has read what its consumer group committed. Counted are offsets, so aborted records and
    transaction markers are among them. Kafka deletes whole segments, up to the first that has a
    younger record, and so perhaps a little later than counted here. Four requests in all, and
    one more for each reading job.
    """
    if not shortened:
        return {}
    client = ManyOffsets(environment.settings.kafka)
    retained = client.retained({name: _ago(now, kept) for name, kept in shortened.items()})
    jobs = sorted({job for name in retained for job in readers.get(name, ())})
    committed = {job: client.committed(consumer_group(environment.name, job)) for job in jobs}
    return {
        name: ExpiringRecords(
            retained=sum(one.end - one.first for one in partitions.values()),
            expiring=sum(_expiring(one, one.first) for one in partitions.values()),
            unread={
                job: _unread(name, partitions, committed[job]) for job in readers.get(name, ())
            },
        )
        for name, partitions in retained.items()
    }


def _unread(
    topic: TopicName,
    partitions: Mapping[int, RetainedOffsets],
    committed: Mapping[Partition, int],
) -> int:
    """Of the expiring records, those from the group's offset on; all where it committed none."""
    return sum(
        _expiring(one, max(one.first, committed.get((topic, part), 0)))
        for part, one in partitions.items()
    )


def _expiring(offsets: RetainedOffsets, start: int) -> int:
    return max(0, offsets.at_time - start)


def _ago(now: datetime, kept: timedelta) -> datetime:
    """The time before which records expire; the beginning of all time for a very long one."""
    return now - kept if kept < now - _BEGINNING else _BEGINNING
