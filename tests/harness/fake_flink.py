"""A small JobManager over HTTP that makes savepoints as files, and fails when it is told to.

It stands in only where a real one cannot: hundreds of jobs at once, and answers that a real one
gives once in a thousand times. What it answers is what Flink 2.3 answers to the same calls.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.fake_gate import FakeGate, gauges_of
from harness.fake_metrics import figures, watermark_of

MAGIC = b"\x49\x60\x67\x2d"
Answer = tuple[int, dict[str, Any]]


@dataclass
class FakeJob:
    """One running job. `failures` are the causes with which its next savepoints fail."""

    id: str
    name: str
    state: str = "RUNNING"
    tasks: str = "RUNNING"
    looks_until_written: int = 1
    failures: list[str] = field(default_factory=list)
    forgets_triggers: bool = False
    metadata: bytes = MAGIC + b"\0\0\0\6" * 8
    triggers: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: list[str] = field(default_factory=list)
    latest: dict[str, Any] | None = None
    completed: int = 5
    restored_from: str | None = None
    exceptions: list[str] = field(default_factory=list)
    savepoint_under_way: bool = False
    parallelism: int = 1
    required: int = 1
    rescales: bool = True
    ignores_cancel: bool = False
    gates: list[FakeGate] = field(default_factory=list)
    watermark: int | None = None
    restarts: int | None = None
    checkpoints: list[dict[str, Any]] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Its entry in `GET /jobs/overview`."""
        end = 1 if self.state in ("CANCELED", "FAILED", "FINISHED") else -1
        return {"jid": self.id, "name": self.name, "state": self.state, "end-time": end}


class FakeFlink:
    """Serves on 127.0.0.1 until closed. `calls` counts requests by job id.

    While `answers` is False it is a JobManager that is coming up: 503 to everything. `runs` are
    the runs of drivers that it was asked for; each starts a job of the name `driven`.
    """

    driven = "beats-per-second"

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.calls: Counter[str] = Counter()
        self.disposals: list[str] = []
        self.disposes = True
        self.runs: list[dict[str, Any]] = []
        self.on_run: Callable[[], object] = lambda: None
        self.answers = True
        self._now = now
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else a body waits 40 ms behind its headers

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                content = self.rfile.read(length)
                is_json = "json" in (self.headers.get("Content-Type") or "")
                body = json.loads(content) if is_json else {}
                with fake._lock:
                    status, answer = fake._answer(self.command, self.path.split("?")[0], body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_PUT = _serve

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if not self.answers:
            return 503, {"errors": ["Service temporarily unavailable due to an ongoing election"]}
        told = self._cluster(path)
        if told is not None:
            return 200, told
        if path.startswith(("/jars/", "/savepoint-disposal")):
            return self._effect(method, path, body)
        parts = path.strip("/").split("/")
        job = self.jobs.get(parts[1]) if len(parts) > 1 else None
        if job is None:
            return 404, {"errors": [f"Job {path} not found"]}
        self.calls[job.id] += 1
        return self._of_job(job, method, parts[2:], body)

    def _of_job(self, job: FakeJob, method: str, rest: list[str], body: dict[str, Any]) -> Answer:
        if method == "PATCH":
            job.state = "CANCELLING" if job.ignores_cancel else "CANCELED"
            return 202, {}
        if rest[:1] == ["savepoints"]:
            return self._trigger(job, body) if method == "POST" else self._status(job, rest[1])
        if method == "PUT":
            self._require(job, body["v1"]["parallelism"]["upperBound"])
        return self._picture(job, "/".join(rest))

    def _cluster(self, path: str) -> dict[str, Any] | None:
        slots = {"taskmanagers": 1, "slots-total": 8, "slots-available": 8}
        answers: dict[str, dict[str, Any]] = {
            "/overview": {"flink-version": "2.3.0", **slots},
            "/config": {"refresh-interval": 500},
            "/jobs/overview": {"jobs": [job.summary() for job in self.jobs.values()]},
        }
        return answers.get(path)

    def _effect(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if path.startswith("/savepoint-disposal"):
            return self._disposal(method, body)
        if path.endswith("/upload"):
            return 200, {"filename": "/uploads/1_headgate-driver.jar", "status": "success"}
        if path.endswith("/run"):
            self.on_run()
            self.runs.append(body)
            self.jobs[body["jobId"]] = FakeJob(body["jobId"], self.driven)
        return 200, {}

    def _picture(self, job: FakeJob, part: str) -> Answer:
        if not part:
            metrics = {"read-records": 0, "write-records": 0}
            vertex: dict[str, Any] = {"id": "v1", "name": "Source", "metrics": metrics}
            vertex["parallelism"] = job.parallelism
            return 200, {
                "name": job.name,
                "state": job.state,
                "start-time": 0,
                "plan": {"nodes": [{"id": "v1"}]},
                "vertices": [{**vertex, "status": job.tasks}],
            }
        if part == "checkpoints":
            restored = {"external_path": job.restored_from, "restore_timestamp": 0}
            is_restored = job.restored_from is not None
            counts = {"completed": job.completed, "failed": 0, "restored": int(is_restored)}
            ack = self._milliseconds()
            latest = {"completed": {"latest_ack_timestamp": ack}, "savepoint": job.latest}
            latest["restored"] = restored if is_restored else None
            return 200, {"counts": counts, "latest": latest, "history": self._history(job)}
        if part == "resource-requirements":
            return 200, {"v1": {"parallelism": {"lowerBound": 1, "upperBound": job.required}}}
        if part == "exceptions":
            entries = [{"stacktrace": one, "timestamp": 0} for one in job.exceptions]
            return 200, {"exceptionHistory": {"entries": entries}}
        if part in ("metrics", "vertices/v1/metrics", "vertices/v1/subtasks/metrics"):
            return 200, self._metrics(job, part)  # type: ignore[return-value]
        return 404, {"errors": [f"no {part}"]}

    def _metrics(self, job: FakeJob, part: str) -> list[dict[str, Any]]:
        """All with their values, whatever was asked for."""
        if part == "metrics":
            return figures({} if job.restarts is None else {"numRestarts": job.restarts})
        if part == "vertices/v1/metrics":
            return figures(gauges_of(job.gates))
        return [] if job.watermark is None else [watermark_of("Source__beats[1]", job.watermark)]

    def _history(self, job: FakeJob) -> list[dict[str, Any]]:
        if not job.savepoint_under_way:
            return job.checkpoints
        written = {"end_to_end_duration": 0, "state_size": 0, "is_savepoint": True}
        return [{"status": "IN_PROGRESS", "trigger_timestamp": self._milliseconds(), **written}]

    def _require(self, job: FakeJob, parallelism: int) -> None:
        job.required = parallelism
        job.parallelism = parallelism if job.rescales else job.parallelism

    def _trigger(self, job: FakeJob, body: dict[str, Any]) -> Answer:
        trigger, folder = body["triggerId"], Path(body["target-directory"].removeprefix("file:"))
        job.posts.append(trigger)
        if trigger not in job.triggers:
            place = folder / f"savepoint-{job.id[:6]}-{len(job.posts):012x}"
            failure = job.failures.pop(0) if job.failures else None
            job.triggers[trigger] = {"left": job.looks_until_written, "failure": failure}
            job.triggers[trigger] |= {"place": place, "at": self._milliseconds()}
        return 202, {"request-id": trigger}

    def _status(self, job: FakeJob, trigger: str) -> Answer:
        written = job.triggers.get(trigger)
        if written is None:
            return 404, {"errors": ["There is no savepoint operation with this triggerId"]}
        if written["left"] > 0:
            written["left"] -= 1
            return 200, {"status": {"id": "IN_PROGRESS"}, "operation": None}
        if written["failure"]:
            cause = {"class": "java.io.IOException", "stack-trace": written["failure"]}
            return 200, {"status": {"id": "COMPLETED"}, "operation": {"failure-cause": cause}}
        self._write(job, written)
        if job.forgets_triggers:
            del job.triggers[trigger]
            return 404, {"errors": ["There is no savepoint operation with this triggerId"]}
        location = {"location": f"file:{written['place']}"}
        return 200, {"status": {"id": "COMPLETED"}, "operation": location}

    def _write(self, job: FakeJob, written: dict[str, Any]) -> None:
        place: Path = written["place"]
        place.mkdir(parents=True, exist_ok=True)
        (place / "_metadata").write_bytes(job.metadata)
        (place / "state-file").write_bytes(b"state" * 20)
        statistics = {"trigger_timestamp": written["at"], "end_to_end_duration": 208}
        job.latest = {
            "external_path": f"file:{place}",
            "latest_ack_timestamp": written["at"],
            **statistics,
        }

    def _disposal(self, method: str, body: dict[str, Any]) -> Answer:
        if method == "GET":
            return 200, {"status": {"id": "COMPLETED"}, "operation": {}}
        location = body["savepoint-path"]
        self.disposals.append(location)
        place = Path(location.removeprefix("file:"))
        if self.disposes and place.is_dir():
            for file in place.iterdir():
                file.unlink()
            place.rmdir()
        return 202, {"request-id": "1"}

    def _milliseconds(self) -> int:
        return int(self._now().timestamp() * 1000)
