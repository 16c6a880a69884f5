"""Judge what the shipped jobs published against what they read. Pure."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from headgate.demo.oracle.arrival import BEFORE_ALL_TIME, WATERMARK_DELAY, Arrival
from headgate.demo.oracle.class_trends import ClassTrends
from headgate.demo.oracle.compare import Expectation, Verdict, compare
from headgate.demo.oracle.device_minutes import DeviceMinutes
from headgate.demo.oracle.device_sessions import DeviceSessions
from headgate.demo.oracle.outcome import Closed
from headgate.demo.oracle.samples import Sample
from headgate.demo.oracle.stuck_sensors import StuckSensors
from headgate.demo.oracle.threshold_breaches import ThresholdBreaches
from headgate.ids import JobName, TopicName


class _Collector(Protocol):
    def add(self, reading: Arrival, sample: Sample) -> None: ...

    def expectation(self) -> Expectation: ...


class JudgedJob(NamedTuple):
    """A job that the oracle knows."""

    job: JobName
    topic: TopicName
    """The topic of its results."""
    collector: Callable[[], _Collector]
    delay: timedelta = timedelta()
    """How much further than a result's closing the watermark must be until it is published."""


JUDGED_JOBS = (
    JudgedJob(JobName("device-minutes"), TopicName("device-minutes"), DeviceMinutes),
    JudgedJob(JobName("class-trends"), TopicName("class-trends"), ClassTrends),
    JudgedJob(JobName("device-sessions"), TopicName("device-sessions"), DeviceSessions),
    JudgedJob(
        JobName("stuck-sensors"),
        TopicName("stuck-sensors"),
        StuckSensors,
        # A time-out is noticed at the next tick, and ticks are some seconds apart.
        delay=timedelta(seconds=30),
    ),
    JudgedJob(JobName("threshold-breaches"), TopicName("threshold-breaches"), ThresholdBreaches),
)


def judge(
    readings: Iterable[Arrival],
    published: Mapping[TopicName, Iterable[Mapping[str, Any]]],
    cut: Mapping[int, int] | None = None,
) -> dict[JobName, Verdict]:
    """Compare the published records of each topic with what the readings lead to.

    `readings` are all records of the input, those of a partition in order; they must have been
    read after `published`. `cut` holds the offset per partition that every job has passed: what
    must be published is what these readings close. Without a cut these are all readings.
    Jobs whose topic is not in `published` are not judged.
    """
    jobs = [job for job in JUDGED_JOBS if job.topic in published]
    collectors = [job.collector() for job in jobs]
    progress = _collect(readings, [collector.add for collector in collectors], cut)
    verdicts: dict[JobName, Verdict] = {}
    for job, collector in zip(jobs, collectors, strict=True):
        delay = job.delay // timedelta(milliseconds=1)
        closed = Closed(progress.surely - delay, progress.possibly)
        verdicts[job.job] = compare(collector.expectation(), published[job.topic], closed)
    return verdicts


def _collect(
    readings: Iterable[Arrival],
    adds: list[Callable[[Arrival, Sample], None]],
    cut: Mapping[int, int] | None,
) -> Closed:
    """Hand every reading to every job with the bound of the watermark at its arrival."""
    greatest: dict[int, int] = {}
    at_cut: dict[int, int] = {}
    for reading in readings:
        partition, offset, _, _, _, value, time, sequence = reading
        newest = greatest.get(partition, BEFORE_ALL_TIME)
        sample = Sample(time, sequence, value, newest - WATERMARK_DELAY)
        for add in adds:
            add(reading, sample)
        if time > newest:
            greatest[partition] = time
            if cut is None or offset < cut.get(partition, 0):
                at_cut[partition] = time
    return Closed(
        # One millisecond less than the jobs' own rule, so that it cannot ask for too much.
        surely=min(at_cut.values(), default=BEFORE_ALL_TIME) - WATERMARK_DELAY - 1,
        possibly=max(greatest.values(), default=BEFORE_ALL_TIME) - WATERMARK_DELAY,
    )
