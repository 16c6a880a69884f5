"""What one look reads out of the answers of real clusters, recorded while they ran."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from headgate.clients.flink import FlinkClient
from headgate.clients.flink.pictures import JobPicture
from headgate.ids import FlinkJobId, FlinkLineName

ANSWERS = Path(__file__).parent / "answers"


@dataclass
class Recorded:
    """Answers by path and query; `asked` counts the calls."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    address: str = ""

    @property
    def job(self) -> FlinkJobId:
        return FlinkJobId(min(self.answers, key=len).removeprefix("/jobs/"))

    def look(self) -> JobPicture:
        picture = FlinkClient(FlinkLineName("2.3"), self.address).job(self.job)
        assert picture is not None
        return picture


@contextmanager
def served(name: str) -> Iterator[Recorded]:
    recorded = Recorded(json.loads((ANSWERS / f"{name}.json").read_text()))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            recorded.asked.append(self.path)
            known = self.path in recorded.answers
            body = json.dumps(recorded.answers[self.path] if known else {"errors": ["no"]}).encode()
            self.send_response(200 if known else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    recorded.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield recorded
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def healthy() -> Iterator[Recorded]:
    with served("healthy-2.3") as recorded:
        yield recorded


@pytest.fixture
def flapping() -> Iterator[Recorded]:
    with served("flapping-2.3") as recorded:
        yield recorded


def test_running_job_is_read_whole_with_six_calls(healthy: Recorded) -> None:
    picture = healthy.look()

    assert len(healthy.asked) == 6, "four, and two for its one source"
    assert picture.state == "RUNNING"
    assert [vertex.is_source for vertex in picture.vertices] == [True, False]
    assert picture.vertices[0].records_read == 605_479
    assert picture.watermark == datetime.fromtimestamp(1_795_523_666.914, tz=UTC)
    assert (picture.pending_records, picture.restarts, picture.exceptions) == (0, 0, ())
    assert picture.failed_at == ()
    assert picture.restored is None


def test_time_of_tasks_is_read(healthy: Recorded) -> None:
    source = healthy.look().vertices[0].time

    assert source is not None
    assert source.busy == timedelta(milliseconds=82_344)
    assert source.idle == timedelta(milliseconds=281_443)
    assert source.back_pressured == timedelta(0)


def test_checkpoints_are_read_one_by_one(healthy: Recorded) -> None:
    picture = healthy.look()

    assert (picture.checkpoints.completed, picture.checkpoints.failed) == (272, 34)
    assert [one.state for one in picture.history] == ["completed"] * 5
    latest = picture.history[0]
    assert (latest.duration, latest.state_bytes) == (timedelta(milliseconds=1035), 83_133)
    assert latest.triggered_at + latest.duration == picture.checkpoints.latest_completed_at
    assert not any(one.is_savepoint for one in picture.history)


def test_restarting_job_tells_when_and_why_it_failed(flapping: Recorded) -> None:
    picture = flapping.look()

    assert (picture.state, picture.restarts) == ("RESTARTING", 15)
    assert [vertex.state for vertex in picture.vertices] == ["FAILED", "CANCELED"]
    assert len(picture.failed_at) == len(picture.exceptions) == 6
    assert list(picture.failed_at) == sorted(picture.failed_at, reverse=True)
    assert picture.exceptions[0].endswith("Caused by: java.lang.ArithmeticException: / by zero")
    assert picture.restored is not None
    assert picture.restored.path.endswith("/chk-14")
    assert picture.checkpoints.restored == 14


def test_failed_checkpoint_says_why(flapping: Recorded) -> None:
    failed = flapping.look().history[0]

    assert failed.state == "failed"
    assert failed.failure == "Checkpoint was declined (tasks not ready)"


def test_vertex_that_did_not_measure_its_time_has_none(flapping: Recorded) -> None:
    """Flink writes NaN for the busy time of tasks that never ran."""
    times = [vertex.time for vertex in flapping.look().vertices]

    assert times[0] is not None
    assert times[1] is None


def test_flink_has_no_metrics_yet(healthy: Recorded) -> None:
    """Its store of metrics is filled by the first question, which it answers with nothing."""
    healthy.answers = {
        path: [] if "metrics" in path else answer for path, answer in healthy.answers.items()
    }
    picture = healthy.look()

    assert (picture.restarts, picture.watermark, picture.pending_records) == (None, None, None)
    assert len(healthy.asked) == 5


@pytest.mark.parametrize(
    ("least", "greatest", "watermark"),
    [
        (1_000, 2_000, 1_000),
        (-(2**63), 2_000, 2_000),
        (-(2**63), -(2**63), None),
        (2**63 - 1, 2**63 - 1, None),
    ],
)
def test_watermark_is_the_least_of_those_that_were_given_out(
    healthy: Recorded, least: int, greatest: int, watermark: int | None
) -> None:
    """A subtask without partitions never gives one out, and holds nobody back."""
    for path, answer in healthy.answers.items():
        if re.search(r"\?get=Source", path):
            for metric in answer:
                metric |= {"min": float(least), "max": float(greatest)}

    seen = healthy.look().watermark
    assert seen == (datetime.fromtimestamp(watermark / 1000, tz=UTC) if watermark else None)


def test_job_that_flink_does_not_know_is_none(healthy: Recorded) -> None:
    client = FlinkClient(FlinkLineName("2.3"), healthy.address)
    assert client.job(FlinkJobId("0" * 32)) is None
