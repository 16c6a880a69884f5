"""Observe, plan and apply against registries that are not Apicurio."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from harness.avro_pairs import PAIRS, Pair
from harness.subject_rows import ROWS, Row, moved
from headgate.clients.registry import Registry
from headgate.observe.subjects import observe_subjects
from headgate.operations.contracts.apply_schemas import apply_schemas
from headgate.plan.change import Change
from headgate.plan.declared_subject import DeclaredSubject
from headgate.plan.subjects import plan_subject
from headgate.spec.environment import RegistryAddress
from unit.clients.vendors import Confluent, Karapace, Vendor

VENDORS = [Confluent, Karapace]


class Served:
    """A vendor behind HTTP."""

    def __init__(self) -> None:
        self.vendor: Vendor = Confluent()
        self.asked: list[str] = []
        self.lock = threading.Lock()
        served = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                body = json.loads(self.rfile.read(length) or b"{}")
                path = self.path.partition("?")[0]
                with served.lock:
                    served.asked.append(f"{self.command} {path}")
                    status, content = served.vendor.answer(self.command, path, body)
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
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    served = Served()
    yield served
    served.http.shutdown()
    served.http.server_close()
    served.thread.join(5)


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.__name__)
def served(server: Served, request: pytest.FixtureRequest) -> Served:
    server.vendor = request.param()
    server.asked.clear()
    return server


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.says)
def test_compatible_gives_the_verdict_of_the_pair(served: Served, pair: Pair) -> None:
    registry = Registry(served.address)
    registry.set_level("s-value", "NONE")
    for schema in pair.history:
        registry.register("s-value", json.dumps(schema))
    registry.set_level("s-value", pair.level)

    answer = registry.compatible("s-value", json.dumps(pair.next), pair.level)
    registry.close()

    assert answer is not None
    assert answer.is_compatible == (pair.is_compatible != bool(pair.disagrees)), answer.messages
    assert answer.is_compatible or answer.messages


@pytest.mark.parametrize(
    "row", [one for one in ROWS if all(v.kind == "AVRO" for v in one.history)], ids=lambda r: r.says
)
def test_row_is_planned_and_applied(served: Served, row: Row) -> None:
    namespace = "io.vendor"
    registry = Registry(served.address)
    for name, history in row.of_types(namespace).items():
        registry.set_level(name, "NONE")
        for schema in history:
            registry.register(name, json.dumps(schema))
        registry.set_level(name, "FULL_TRANSITIVE")
    if row.history:
        registry.set_level("rows-value", "NONE")
    for version in row.history:
        text = json.dumps(moved(version.schema, namespace))
        registry.register("rows-value", text, row.references(version, namespace))
    if row.history and row.held is None:
        served.vendor.levels.pop("rows-value")
    elif row.history:
        registry.set_level("rows-value", row.held or "")
    registry.close()
    subjects = row.subjects("rows", namespace)

    planned = plan(served, subjects)

    expected = row.changes
    if row.says.startswith("shared type taken into the schema again"):
        expected = (("subject", "update", "safe"),)  # only Apicurio refuses it
    found = [(one.kind, one.operation, one.risk) for one in planned if one.name == "rows-value"]
    assert tuple(found) == expected
    if any(one.risk == "refused" for one in planned):
        return
    pending = [one for one in planned if one.operation != "none"]
    results = apply_schemas(pending, served.address, lambda _: None)
    assert [one.outcome for one in results] == ["ok"] * len(pending), results
    assert {one.operation for one in plan(served, subjects)} == {"none"}


def test_observe_nothing_changed_two_reads_a_subject(served: Served) -> None:
    row = next(one for one in ROWS if one.says == "as declared")
    subjects = [row.subjects(f"rows-{number}", "io.vendor")[-1] for number in range(20)]
    pending = [change for one in subjects for change in plan_subject(one, None)]
    apply_schemas(pending, served.address, lambda _: None)
    served.asked.clear()

    observed = observe_subjects(served.address, subjects)

    assert len(observed) == 20
    assert len(served.asked) == 40
    assert len(set(served.asked)) == 40


def plan(served: Served, subjects: tuple[DeclaredSubject, ...]) -> list[Change]:
    observed = observe_subjects(served.address, subjects)
    return [change for one in subjects for change in plan_subject(one, observed.get(one.name))]
