"""A live stream: a thread that writes one beat after the other, and what its windows must be."""

import io
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import fastavro
from headgate.clients.records.producer import RecordProducer
from headgate.clients.registry import Registry
from headgate.ids import TopicName, sql_identifier

from harness.sample_project import TIMESTAMP, SampleProject
from harness.waiting import until

PER_SECOND = 50
WATERMARK_DELAY_MS = 1000
LONGEST_OUTAGE = timedelta(minutes=15)
"""So long the producer keeps what a broker that is down does not take."""
SQL = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*) AS beats, SUM(number) AS numbers
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""


class Beats:
    """Topic `<name>-in`, job and topic `<name>-out`: counts and sums of one-second windows."""

    def __init__(self, project: SampleProject, name: str, **job: Any) -> None:
        self.project = project
        self.source, self.job = f"{name}-in", f"{name}-out"
        beat = [("beat_time", TIMESTAMP), ("number", "long")]
        window = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP)]
        project.topic(self.source, beat, partitioning="none")
        result = [*window, ("beats", "long"), ("numbers", "long")]
        project.topic(self.job, result, partitioning="none")
        self.declare(**job)
        self._counts: Counter[int] = Counter()
        self._sums: Counter[int] = Counter()
        self._last_ms = 0

    def declare(self, **job: Any) -> None:
        source = {"event_time": "beat_time", "watermark_delay": f"{WATERMARK_DELAY_MS}ms"}
        sql = SQL.format(sink=sql_identifier(self.job), source=sql_identifier(self.source))
        options = {"checkpoint_interval": "1s", "health": {"checkpoints": 1, "deadline": "10m"}}
        self.project.job(
            self.job, sql, sources={self.source: source}, sinks=[self.job], **{**options, **job}
        )

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Write in the background until the block ends."""
        stop = threading.Event()
        thread = threading.Thread(target=self._write, args=(stop,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(timeout=60)
            assert not thread.is_alive()

    def closed_windows(self) -> dict[int, tuple[int, int]]:
        """Beats and sum of numbers by the start of each window that has been closed so far."""
        closed = self._last_ms - WATERMARK_DELAY_MS
        return {
            start: (self._counts[start], self._sums[start])
            for start in list(self._counts)
            if start + 1000 <= closed
        }

    def assert_every_window_once(self) -> int:
        """Every closed window was published exactly once, with the right numbers."""
        expected = self.closed_windows()
        assert len(expected) >= 10
        last = max(expected)
        rows = until(
            lambda: (
                (found := self._published())
                and max(_millis(row["window_start"]) for row in found) >= last
                and found
            ),
            seconds=120,
            what="the last closed window is published",
            every=1,
        )
        seen = [
            (_millis(row["window_start"]), (row["beats"], row["numbers"]))
            for row in rows
            if _millis(row["window_start"]) <= last
        ]
        repeated = [
            start for start, times in Counter(start for start, _ in seen).items() if times > 1
        ]
        assert repeated == [], "repeated windows"
        assert sorted(set(expected) - {start for start, _ in seen}) == [], "lost windows"
        assert dict(seen) == expected
        return len(expected)

    def _write(self, stop: threading.Event) -> None:
        settings = self.project.services.environment.settings
        registered = Registry(settings.registry).latest(f"{self.source}-value")
        assert registered is not None
        schema = fastavro.parse_schema(json.loads(registered.text))
        header = b"\0" + registered.id.to_bytes(4, "big")
        number = 0
        topic = TopicName(self.source)
        with RecordProducer(settings.kafka, topic, delivery_timeout=LONGEST_OUTAGE) as producer:
            while not stop.is_set():
                now = int(time.time() * 1000)
                buffer = io.BytesIO(header)
                buffer.seek(0, io.SEEK_END)
                fastavro.schemaless_writer(buffer, schema, {"beat_time": now, "number": number})
                producer.send(buffer.getvalue())
                window = now - now % 1000
                self._counts[window] += 1
                self._sums[window] += number
                self._last_ms = now
                number += 1
                stop.wait(1 / PER_SECOND)
            producer.flush()

    def _published(self) -> list[dict[str, Any]]:
        ran = self.project.run("tail", self.job, "--json", "--from", "earliest", "--until", "now")
        assert ran.code == 0, ran.err
        return [line["value"] for line in ran.json_lines()]


def _millis(time_text: str) -> int:
    return round(datetime.fromisoformat(time_text).timestamp() * 1000)
