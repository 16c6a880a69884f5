"""A small JobManager over HTTP that makes savepoints as files, and fails when it is told to.

It stands in only where a real one cannot: hundreds of jobs at once, and answers that a real one
gives once in a thousand times. What it answers is what Flink 2.3 answers to the same calls.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

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

    def summary(self) -> dict[str, Any]:
        """Its entry in `GET /jobs/overview`."""
        end = 1 if self.state in ("CANCELED", "FAILED", "FINISHED") else -1
        return {"jid": self.id, "name": self.name, "state": self.state, "end-time": end}


class FakeFlink:
    """Serves on 127.0.0.1 until closed. `calls` counts requests by job id."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.jobs: dict[str, FakeJob] = {}
        self.calls: Counter[str] = Counter()
        self.disposals: list[str] = []
        self.disposes = True
        self._now = now
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else {}
                with fake._lock:
                    status, answer = fake._answer(self.command, self.path.split("?")[0], body)
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = _serve

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, method: str, path: str, body: dict[str, Any]) -> Answer:
        if path == "/overview":
            slots = {"taskmanagers": 1, "slots-total": 8, "slots-available": 8}
            return 200, {"flink-version": "2.3.0", **slots}
        if path == "/jobs/overview":
            return 200, {"jobs": [job.summary() for job in self.jobs.values()]}
        if path.startswith("/savepoint-disposal"):
            return self._disposal(method, body)
        parts = path.strip("/").split("/")
        job = self.jobs.get(parts[1]) if len(parts) > 1 else None
        if job is None:
            return 404, {"errors": [f"Job {path} not found"]}
        self.calls[job.id] += 1
        rest = parts[2:]
        if rest[:1] == ["savepoints"]:
            return self._trigger(job, body) if method == "POST" else self._status(job, rest[1])
        return self._picture(job, "/".join(rest))

    def _picture(self, job: FakeJob, part: str) -> Answer:
        if not part:
            metrics = {"read-records": 0, "write-records": 0}
            vertex = {"id": "v1", "name": "Source", "parallelism": 1, "metrics": metrics}
            return 200, {
                "name": job.name,
                "state": job.state,
                "start-time": 0,
                "plan": {"nodes": [{"id": "v1"}]},
                "vertices": [{**vertex, "status": job.tasks}],
            }
        if part == "checkpoints":
            counts = {"completed": 5, "failed": 0, "restored": 0}
            ack = self._milliseconds()
            latest = {"completed": {"latest_ack_timestamp": ack}, "savepoint": job.latest}
            return 200, {"counts": counts, "latest": latest}
        if part == "exceptions":
            return 200, {"exceptionHistory": {"entries": []}}
        if re.fullmatch(r"metrics|vertices/v1/subtasks/metrics", part):
            return 200, []  # type: ignore[return-value]
        return 404, {"errors": [f"no {part}"]}

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
