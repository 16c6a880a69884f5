"""The job whose switches are measured: windows of one second, beside as much state as is wanted.

The state is freight: for each of many keys a text of random characters, kept in a window that
stays open for years. Only the windows of one second publish anything, and the oracle of the test
harness, which counts the beats that were sent, knows what they must be.
"""

import base64
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, ClassVar

import fastavro
from harness.beats import WATERMARK_DELAY_MS, Beats
from harness.sample_project import TIMESTAMP
from headgate.clients.records.producer import RecordProducer
from headgate.clients.registry import Registry
from headgate.ids import TopicName, sql_identifier

PARCEL_BYTES = 4_000
PARCELS_AT_LEAST = 500
CHANGES_PER_SECOND = 20
"""So many parcels are replaced in each second, so that each checkpoint has something to save."""
_OLDER = 500
"""Milliseconds: a parcel must not push the watermark past beats that are still on their way."""
_DELIVERY = timedelta(minutes=15)

SQL = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*) AS beats, SUM(number) AS numbers
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
WHERE heart <> 'parcel'
GROUP BY window_start, window_end;

-- Windows that begin at 1970, and then every 27 years: the one of today ends in 2052.
INSERT INTO {parcels}
SELECT window_start, window_end, parcel, MAX(content) AS content
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '9999' DAY(4)))
WHERE heart = 'parcel'
GROUP BY window_start, window_end, parcel;
"""

PYTHON = '''
"""Seconds with a beat, counted and summed in Python, and parcels that are kept."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from headgate_runtime.custom_window import Cause, CustomWindow

if TYPE_CHECKING:
    from headgate_runtime.python_job import PythonJob


@dataclass(frozen=True)
class Beat:
    """A beat, or a parcel without what is in it."""

    heart: str
    beat_time: datetime
    number: int


@dataclass(frozen=True)
class Second:
    """An open second."""

    start: datetime
    beats: int
    numbers: int


@dataclass(frozen=True)
class Total:
    """A row of the sink."""

    window_start: datetime
    window_end: datetime
    beats: int
    numbers: int


class Seconds(CustomWindow[Beat, Second, Total]):
    """A second closes with the first beat that is not in it."""

    name = "seconds"
    key = ("heart",)
    order = ("number",)
    timeout = timedelta(seconds=30)
    resolution = timedelta(seconds=1)

    def open(self, reading: Beat) -> Second | None:
        """Every beat that is in no open second."""
        if reading.heart == "parcel":
            return None
        return Second(reading.beat_time.replace(microsecond=0), 1, reading.number)

    def extend(self, window: Second, reading: Beat) -> Second | None:
        """A beat of the same second."""
        if reading.beat_time.replace(microsecond=0) != window.start:
            return None
        return replace(window, beats=window.beats + 1, numbers=window.numbers + reading.number)

    def close(self, window: Second, cause: Cause) -> Total:
        """Whole seconds only."""
        return Total(
            window.start, window.start + timedelta(seconds=1), window.beats, window.numbers
        )


@dataclass(frozen=True)
class Parcel:
    """A parcel, or a beat."""

    parcel: str
    beat_time: datetime
    content: str


@dataclass(frozen=True)
class Kept:
    """What was in the last parcel."""

    parcel: str
    since: datetime
    content: str


@dataclass(frozen=True)
class Given:
    """A row of the second sink."""

    window_start: datetime
    window_end: datetime
    parcel: str
    content: str


class Parcels(CustomWindow[Parcel, Kept, Given]):
    """Kept for months after the last parcel of that name."""

    name = "parcels"
    key = ("parcel",)
    timeout = timedelta(days=300)

    def open(self, reading: Parcel) -> Kept | None:
        """Every parcel."""
        return Kept(reading.parcel, reading.beat_time, reading.content) if reading.parcel else None

    def extend(self, window: Kept, reading: Parcel) -> Kept | None:
        """The next one takes its place."""
        return replace(window, content=reading.content)

    def close(self, window: Kept, cause: Cause) -> Given:
        """In three hundred days."""
        return Given(window.since, window.since, window.parcel, window.content)


def build(job: "PythonJob") -> None:
    """From beats to seconds, and from parcels to what is kept."""
    job.write("SINK", job.window("SOURCE", Seconds()))
    job.write("PARCELS", job.window("SOURCE", Parcels()))
'''


class SqlFreight(Beats):
    """As Beats of the harness, with parcels among the beats."""

    state_mb: ClassVar[int] = 0
    bound_after_end: ClassVar[int] = 0
    """Milliseconds from the end of a window to the bound by which a hand-over splits results."""

    def declare(self, **job: Any) -> None:  # noqa: ANN401
        self.parcels = self.job.removesuffix("-out") + "-parcels"
        self._declare_topics()
        source = {"event_time": "beat_time", "watermark_delay": f"{WATERMARK_DELAY_MS}ms"}
        options = {
            "sources": {self.source: source},
            "sinks": [self.job, self.parcels],
            "checkpoint_interval": "1s",
            **job,
        }
        self._declare_job(options)

    def _declare_job(self, options: dict[str, Any]) -> None:
        names = {"sink": self.job, "source": self.source, "parcels": self.parcels}
        sql = SQL.format(**{one: sql_identifier(name) for one, name in names.items()})
        self.project.job(self.job, sql, **options)

    def _declare_topics(self) -> None:
        window = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP)]
        beat = [("beat_time", TIMESTAMP), ("number", "long")]
        parcel = [("parcel", "string"), ("content", "string")]
        self.project.topic(self.parcels, [*window, *parcel], partitioning="none")
        self.project.topic(self.source, beat, partitioning="none")
        file = self.project.root / "schemas" / self.source / "value.avsc"
        schema = json.loads(file.read_text())
        for name, default in (("heart", "mine"), ("parcel", ""), ("content", "")):
            schema["fields"].append({"name": name, "type": "string", "default": default})
        file.write_text(json.dumps(schema))

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Send the freight before the first beat; beats and changes of freight go on after it."""
        count = max(PARCELS_AT_LEAST, self.state_mb * 1_000_000 * 11 // 10 // PARCEL_BYTES)
        stop = threading.Event()
        with RecordProducer(
            self.project.services.environment.settings.kafka,
            TopicName(self.source),
            delivery_timeout=_DELIVERY,
        ) as producer:
            encode = self._encoder()
            for number in range(count):
                producer.send(encode(number))
            producer.flush(_DELIVERY)
            print(f"{count:,} parcels are in the topic", file=sys.stderr, flush=True)
            changing = threading.Thread(
                target=_change, args=(producer, encode, count, stop), daemon=True
            )
            with super().beating():
                changing.start()
                try:
                    yield
                finally:
                    stop.set()
                    changing.join(timeout=60)

    def _encoder(self) -> Callable[[int], bytes]:
        settings = self.project.services.environment.settings
        registered = Registry(settings.registry).latest(f"{self.source}-value")
        if registered is None:
            raise LookupError(f"no schema of {self.source} is registered")
        schema = fastavro.parse_schema(json.loads(registered.text))
        header = b"\0" + registered.id.to_bytes(4, "big")

        def encode(number: int) -> bytes:
            buffer = io.BytesIO()
            buffer.write(header)
            parcel = {
                "beat_time": int(time.time() * 1000) - _OLDER,
                "number": 0,
                "heart": "parcel",
                "parcel": f"parcel-{number:08}",
                # Random, so that RocksDB cannot compress it.
                "content": base64.b64encode(os.urandom(PARCEL_BYTES * 3 // 4)).decode(),
            }
            fastavro.schemaless_writer(buffer, schema, parcel)
            return buffer.getvalue()

        return encode


class PythonFreight(SqlFreight):
    """The same by a job in Python."""

    bound_after_end = 999
    """A second comes out with the last millisecond of the step that has the beat after it."""

    def _declare_job(self, options: dict[str, Any]) -> None:
        folder = self.project.root / "flink_jobs" / self.job
        folder.mkdir(exist_ok=True)
        text = PYTHON
        for word, name in (("SINK", self.job), ("SOURCE", self.source), ("PARCELS", self.parcels)):
            text = text.replace(f'"{word}"', f'"{sql_identifier(name)}"')
        (folder / "job.py").write_text(text)
        content = {"description": "A job.", "owner": "bench", **options}
        (folder / "job.yaml").write_text(json.dumps(content))


KINDS: dict[str, type[SqlFreight]] = {"sql": SqlFreight, "python": PythonFreight}


def freight(kind: str, state_mb: int) -> type[SqlFreight]:
    """The kind of job with so many megabytes of state."""
    return type(f"Freight{state_mb}", (KINDS[kind],), {"state_mb": state_mb})


def _change(
    producer: RecordProducer, encode: Callable[[int], bytes], count: int, stop: threading.Event
) -> None:
    number = 0
    while not stop.wait(1 / CHANGES_PER_SECOND):
        producer.send(encode(number * 7919 % count))
        producer.poll()
        number += 1
