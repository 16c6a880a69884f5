"""Order, failures and lost answers of registering, against a registry that can be told to fail."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from headgate.operations.contracts.apply_schemas import apply_schemas
from headgate.plan.change import Change
from headgate.spec.environment import RegistryAddress
from unit.clients.vendors import Confluent

RECORD = {"type": "record", "name": "R", "fields": [{"name": "a", "type": "int", "default": 0}]}
TEXT = json.dumps(RECORD)


class FailingRegistry:
    """A registry that answers 500, or does what it is asked and hangs up."""

    def __init__(self) -> None:
        self.vendor = Confluent()
        self.calls: list[str] = []
        self.breaks: set[str] = set()
        self.loses: set[str] = set()
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.partition("?")[0]
                call = f"{self.command} {path}"
                with outer.lock:
                    outer.calls.append(call)
                    broken = call in outer.breaks
                    status, content = (
                        (500, {"error_code": 500, "message": "store failed"})
                        if broken
                        else outer.vendor.answer(self.command, path, json.loads(body or b"{}"))
                    )
                if call in outer.loses:
                    self.close_connection = True
                    return
                written = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            do_GET = do_POST = do_PUT = _answer

            def log_message(self, *_: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = RegistryAddress(url=f"http://127.0.0.1:{self.http.server_port}")

    def order(self, call: str) -> int:
        return self.calls.index(call)


@pytest.fixture
def server() -> Iterator[FailingRegistry]:
    failing = FailingRegistry()
    thread = threading.Thread(target=failing.http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield failing
    failing.http.shutdown()
    failing.http.server_close()
    thread.join(5)


def creating(subject: str, *refers: str) -> Change:
    after: dict[str, Any] = {"level": "FULL_TRANSITIVE", "schema": TEXT}
    if refers:
        fields = [{"name": f"f{n}", "type": one} for n, one in enumerate(refers)]
        after["schema"] = json.dumps({**RECORD, "fields": fields})
        after["references"] = [{"name": one, "subject": one} for one in refers]
    return Change("subject", subject, "create", {}, after)


def a_type(name: str, *refers: str) -> Change:
    namespace, _, short = name.rpartition(".")
    change = creating(name, *refers)
    schema = {**json.loads(change.after["schema"]), "name": short, "namespace": namespace}
    return Change("subject", name, "create", {}, {**change.after, "schema": json.dumps(schema)})


def test_apply_schemas_level_comes_before_the_version(server: FailingRegistry) -> None:
    (result,) = apply_schemas([creating("s-value")], server.address, lambda _: None)

    assert result.outcome == "ok"
    assert result.message == "registered subject s-value: version 1, id 1"
    assert server.calls == [
        "GET /config/s-value",
        "PUT /config/s-value",
        "GET /config/s-value",
        "POST /subjects/s-value/versions",
        "GET /subjects/s-value/versions/latest",
    ]


def test_apply_schemas_results_are_in_the_order_of_the_changes(server: FailingRegistry) -> None:
    changes = [creating(f"s{number}-value") for number in range(20)]

    results = apply_schemas(changes, server.address, lambda _: None)

    assert [one.change for one in results] == changes
    assert {one.outcome for one in results} == {"ok"}


def test_apply_schemas_what_is_referred_to_comes_first(server: FailingRegistry) -> None:
    changes = [creating("s-value", "n.B", "n.A"), a_type("n.B", "n.A"), a_type("n.A")]

    results = apply_schemas(changes, server.address, lambda _: None)

    assert [one.outcome for one in results] == ["ok"] * 3, results
    first, second, third = (
        server.order(f"POST /subjects/{name}/versions") for name in ("n.A", "n.B", "s-value")
    )
    assert first < second < third
    assert server.vendor.subjects["s-value"][0]["references"] == [
        {"name": "n.B", "subject": "n.B", "version": 1},
        {"name": "n.A", "subject": "n.A", "version": 1},
    ]


def test_apply_schemas_refused_one_fails_alone_with_what_refers_to_it(
    server: FailingRegistry,
) -> None:
    broken = Change("subject", "n.A", "create", {}, {"level": "FULL", "schema": TEXT})
    server.vendor.subjects["n.A"] = [
        {"subject": "n.A", "version": 1, "id": 9, "schema": TEXT.replace('"R"', '"Other"')}
    ]

    results = apply_schemas(
        [broken, creating("s-value", "n.A"), creating("t-value")], server.address, lambda _: None
    )

    assert [one.outcome for one in results] == ["failed", "skipped", "ok"], results
    assert results[1].message == "n.A, which it refers to, is not registered"


def test_apply_schemas_level_that_is_not_held_stops_its_version(server: FailingRegistry) -> None:
    server.vendor.levels = Stubborn()
    level = Change("level", "s-value", "update", {"level": "NONE"}, {"level": "FULL"})
    version = Change("subject", "s-value", "update", {}, {"schema": TEXT})

    results = apply_schemas([level, version], server.address, lambda _: None)

    assert [one.outcome for one in results] == ["failed", "skipped"]
    assert "but holds NONE" in results[0].message
    assert "s-value" not in server.vendor.subjects


class Stubborn(dict[str, str]):
    """Levels that stay as they are."""

    def __contains__(self, _: object) -> bool:
        return True

    def __getitem__(self, _: str) -> str:
        return "NONE"


def test_apply_schemas_lost_answer_is_made_up_for_by_looking(server: FailingRegistry) -> None:
    server.loses = {"POST /subjects/s-value/versions"}

    (result,) = apply_schemas([creating("s-value")], server.address, lambda _: None)

    assert (result.outcome, result.message) == ("ok", "registered subject s-value: version 1, id 1")
    assert server.calls.count("POST /subjects/s-value/versions") == 1


def test_apply_schemas_registry_that_fails_is_not_asked_for_the_rest(
    server: FailingRegistry,
) -> None:
    changes = [a_type("n.A"), *(creating(f"s{number}-value") for number in range(9))]
    changes += [creating("t-value", "n.A")]
    server.breaks = {"PUT /config/n.A"}

    results = apply_schemas(changes, server.address, lambda _: None)

    assert results[0].outcome == "failed"
    assert results[-1].outcome == "skipped"
    assert results[-1].message == "the registry stopped answering before"
    assert "PUT /config/t-value" not in server.calls


def test_apply_schemas_progress_is_told_by_one_thread_at_a_time(server: FailingRegistry) -> None:
    inside: list[int] = []
    most: list[int] = []

    def progress(_: str) -> None:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.002)  # long enough for another thread to come in, if it could
        inside.pop()

    apply_schemas([creating(f"s{n}-value") for n in range(30)], server.address, progress)

    assert most == [1] * 30


def test_apply_schemas_twice_changes_nothing_more(server: FailingRegistry) -> None:
    changes = [a_type("n.A"), creating("s-value", "n.A")]

    first = apply_schemas(changes, server.address, lambda _: None)
    again = apply_schemas(changes, server.address, lambda _: None)

    assert [one.message for one in first] == [one.message for one in again]
    assert [len(held) for held in server.vendor.subjects.values()] == [1, 1]
