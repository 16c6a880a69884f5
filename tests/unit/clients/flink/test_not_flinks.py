"""Answers with status 200 that are not Flink's, and servers that do not answer."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from headgate.clients.flink import FlinkClient
from headgate.clients.silence import HttpUntilSilent, Silence
from headgate.errors import Indeterminate, Unavailable
from headgate.ids import FlinkJobId, FlinkLineName, TriggerId

LINE, JOB, TRIGGER = FlinkLineName("2.3"), FlinkJobId("j"), TriggerId("t")
LOGIN_PAGE = b"<html><body>Log in</body></html>"
ANSWERS = {
    "a login page": LOGIN_PAGE,
    "another object": b'{"login": "needed"}',
    "a list": b"[1]",
    "null": b"null",
    "nothing": b"",
    "other types": json.dumps(
        {"jobs": [{"jid": 7}], "vertices": 1, "plan": 1, "status": 1, "latest": 1}
    ).encode(),
}
READS: dict[str, Callable[[FlinkClient], Any]] = {
    "job": lambda flink: flink.job(JOB),
    "overview": lambda flink: flink.overview(),
    "refresh_interval": lambda flink: flink.refresh_interval(),
    "live_jobs_named": lambda flink: flink.live_jobs_named("j"),
    "savepoint_status": lambda flink: flink.savepoint_status(JOB, TRIGGER),
    "latest_savepoint": lambda flink: flink.latest_savepoint(JOB),
    "disposal_status": lambda flink: flink.disposal_status("r"),
    "is_adaptive": lambda flink: flink.is_adaptive(),
    "all_tasks_run": lambda flink: flink.all_tasks_run(JOB),
    "configuration": lambda flink: flink.configuration(),
    "class_path": lambda flink: flink.class_path(),
    "gates": lambda flink: flink.gates(JOB),
}
EFFECTS: dict[str, Callable[[FlinkClient], Any]] = {
    "upload_jar": lambda flink: flink.upload_jar("a.jar", b""),
    "dispose": lambda flink: flink.dispose("/state/s"),
}


@contextmanager
def always(answer: bytes) -> Iterator[FlinkClient]:
    """A client of a server that gives this answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _serve

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    yield FlinkClient(LINE, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("answer", ANSWERS)
def test_answer_to_a_read_that_is_not_flinks_is_no_answer(answer: str) -> None:
    with always(ANSWERS[answer]) as flink:
        for name, read in READS.items():
            with pytest.raises(Unavailable, match="not Flink's") as told:
                read(flink)
            assert name in told.value.what


@pytest.mark.parametrize("answer", ["a login page", "another object", "null", "nothing"])
def test_answer_to_an_effect_that_is_not_flinks_leaves_it_open(answer: str) -> None:
    with always(ANSWERS[answer]) as flink:
        for effect in EFFECTS.values():
            with pytest.raises(Indeterminate, match="not Flink's"):
                effect(flink)


@contextmanager
def hanging() -> Iterator[tuple[str, list[socket.socket]]]:
    """A server that takes connections and says nothing; the connections it has taken."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", taken
        server.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()


def test_server_that_hung_once_is_not_asked_again_in_the_same_pass() -> None:
    silence = Silence()

    def client(address: str, server: str) -> HttpUntilSilent:
        soon = timedelta(milliseconds=50)
        return HttpUntilSilent(address, server=server, timeout=soon, silence=silence)

    with hanging() as (address, taken):
        for _ in range(3):
            with pytest.raises(Unavailable, match=r"Flink 2\.3 did not answer in time"):
                client(address, "Flink 2.3").request("GET", "/overview", effect=False)
        assert len(taken) == 2, "the two tries of the first question"
        with pytest.raises(Unavailable, match=r"Flink 2\.2 did not answer in time"):
            client(address, "Flink 2.2").request("GET", "/overview", effect=False)
