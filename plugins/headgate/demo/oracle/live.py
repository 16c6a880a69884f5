"""Judge a live environment: read what was published, then what it must have come from."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from headgate.clients.records.offsets import Offsets
from headgate.clients.records.reader import RecordReader
from headgate.clients.records.wire_format import Decoder
from headgate.clients.registry import Registry
from headgate.demo.oracle.arrival import Arrival, arrival_of
from headgate.demo.oracle.compare import Verdict
from headgate.demo.oracle.cut import INPUT, Cut
from headgate.demo.oracle.judge import JUDGED_JOBS, judge
from headgate.ids import JobName, TopicName
from headgate.spec.declared import NamedEnvironment

Progress = Callable[[TopicName, int], None]
"""Takes the topic that is being read and how many records of it have been read."""


def judge_live(
    environment: NamedEnvironment,
    topics: Iterable[TopicName] | None = None,
    *,
    cut: Cut | None = None,
    progress: Progress = lambda _topic, _count: None,
) -> dict[JobName, Verdict]:
    """Judge the results in `topics` (all that the oracle knows, without it).

    With `cut`, the results that must be there are those that the input before the cut closes; the
    caller has waited until every job's watermark is past `cut.watermark` and one more checkpoint
    has completed. Without, they are those that all the input closes, which is too much to ask of
    jobs that run. Raises `Unavailable` or `Rejected` when something cannot be read.
    """
    settings = environment.settings
    decoder = Decoder(Registry(settings.registry).by_id, plain=True)
    wanted = [job.topic for job in JUDGED_JOBS] if topics is None else list(topics)
    with RecordReader(settings.kafka, decoder) as reader:
        # A result is published after its readings, so the results are read first: then all the
        # readings that any of them came from are there to be read.
        published = {topic: _results(reader, topic, progress) for topic in wanted}
        readings = _readings(reader, reader.end(INPUT), progress)
        return judge(readings, published, cut.offsets if cut else None)


def _results(reader: RecordReader, topic: TopicName, progress: Progress) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for batch in reader.read(topic, "earliest", reader.end(topic)):
        results += (record.value for record in batch)
        progress(topic, len(results))
    return results


def _readings(reader: RecordReader, end: Offsets, progress: Progress) -> Iterator[Arrival]:
    count = 0
    for batch in reader.read(INPUT, "earliest", end):
        for partition, offset, _, _, value in batch:
            yield arrival_of(partition, offset, value)
        count += len(batch)
        progress(INPUT, count)
