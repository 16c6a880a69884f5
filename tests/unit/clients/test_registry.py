"""The registry client against a server that answers as vendors do, or not at all."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from headgate.clients.registry import CompatibilityAnswer, Registry, SchemaReference
from headgate.errors import HeadgateError, Indeterminate, Rejected, Unavailable
from headgate.spec.environment import RegistryAddress

SHORT = timedelta(seconds=0.3)
Reply = tuple[int, Any] | None
"""Status and body; None hangs until the test is over."""


@dataclass
class Server:
    """Answers by `replies` and remembers what it was asked, with the connection it came by."""

    url: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    connections: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def reply(self, route: str) -> Reply:
        replies = self.replies[route]
        return replies.pop(0) if len(replies) > 1 else replies[0]


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            path = self.path.partition("?")[0]
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            state.asked.append((self.command, path, body))
            state.connections.append(self.client_address[1])
            reply = state.reply(f"{self.command} {path}")
            if reply is None:
                state.over.wait(20)
                self.close_connection = True
                return
            content = reply[1] if isinstance(reply[1], bytes) else json.dumps(reply[1]).encode()
            self.send_response(reply[0])
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _answer

        def log_message(self, *_: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{http.server_port}"
    thread = threading.Thread(target=http.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield state
    state.over.set()
    http.shutdown()
    http.server_close()
    thread.join(5)


def registry(server: Server) -> Registry:
    return Registry(RegistryAddress(url=server.url), timeout=SHORT)


NO_VERSION = (404, {"error_code": 40402, "message": "Version latest not found."})
UNKNOWN = (404, {"error_code": 40401, "message": "Subject not found."})
CHECK = "POST /compatibility/subjects/s/versions"


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        (
            {CHECK: [(200, {"is_compatible": False, "messages": ["because"]})]},
            CompatibilityAnswer(is_compatible=False, messages=("because",)),
        ),
        ({CHECK: [(200, {"is_compatible": True})]}, CompatibilityAnswer(is_compatible=True)),
        ({CHECK: [UNKNOWN]}, CompatibilityAnswer(is_compatible=True)),
        (
            {
                CHECK: [(404, "Not Found")],
                f"{CHECK}/latest": [(200, {"is_compatible": False, "incompatibilities": ["x"]})],
            },
            CompatibilityAnswer(is_compatible=False, messages=("x",)),
        ),
        (
            {CHECK: [(405, b"no such method")], f"{CHECK}/latest": [NO_VERSION]},
            CompatibilityAnswer(is_compatible=True),
        ),
    ],
    ids=["confluent", "apicurio", "unknown subject", "karapace", "karapace, unknown subject"],
)
def test_compatible_as_vendors_answer(
    server: Server, replies: dict[str, list[Reply]], expected: CompatibilityAnswer
) -> None:
    server.replies = replies

    assert registry(server).compatible("s", '"int"', "FULL_TRANSITIVE") == expected


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ((200, {"compatibilityLevel": "FULL"}), "FULL"),
        ((404, {"error_code": 40408, "message": "no level of its own"}), None),
        (UNKNOWN, None),
    ],
)
def test_level_as_vendors_answer(server: Server, reply: Reply, expected: str | None) -> None:
    server.replies = {"GET /config/s": [reply]}

    assert registry(server).level("s") == expected


@pytest.mark.parametrize(
    ("reply", "kind", "says"),
    [
        ((409, {"error_code": 409, "message": "field unit"}), Rejected, "field unit"),
        ((422, {"error_code": 42201, "message": "not Avro"}), Rejected, "not Avro"),
        (
            (409, {"message": "a.b.RuleViolationException: Incompatible artifact"}),
            Rejected,
            "subject s: Incompatible artifact",
        ),
        ((401, b""), Rejected, "denies access"),
        ((500, {"message": "store failed"}), Indeterminate, "store failed"),
        ((200, b"<html>"), Rejected, "not as a schema registry"),
        (None, Indeterminate, "did not answer in time"),
    ],
)
def test_register_error_by_consequence(
    server: Server, reply: Reply, kind: type[HeadgateError], says: str
) -> None:
    server.replies = {"POST /subjects/s/versions": [reply]}

    with pytest.raises(kind, match=says):
        registry(server).register("s", '"int"')

    assert len(server.asked) == 1, "an effect is sent once"


def test_latest_no_answer_is_asked_again_on_a_new_connection(server: Server) -> None:
    found = {"subject": "s", "version": 2, "id": 7, "schema": '"int"'}
    server.replies = {"GET /subjects/s/versions/latest": [None, (200, found)]}

    latest = registry(server).latest("s")

    assert latest is not None
    assert (latest.version, latest.id, latest.text, latest.kind) == (2, 7, '"int"', "AVRO")
    assert len(set(server.connections)) == 2


def test_read_no_answer_twice_is_unavailable(server: Server) -> None:
    server.replies = {"GET /subjects": [None]}

    with pytest.raises(Unavailable, match="twice"):
        registry(server).subjects()

    assert len(server.asked) == 2


def test_read_after_not_found_comes_on_a_new_connection(server: Server) -> None:
    server.replies = {
        "GET /subjects/s/versions/latest": [UNKNOWN],
        "GET /subjects": [(200, ["b", "a"])],
    }
    client = registry(server)

    assert client.latest("s") is None
    assert client.subjects() == ("a", "b")
    assert client.subjects() == ("a", "b")

    first, second, third = server.connections
    assert first != second
    assert second == third, "a connection without an error is kept"


@pytest.mark.parametrize(
    "call", [lambda r: r.subjects(), lambda r: r.register("s", '"int"')], ids=["read", "effect"]
)
def test_refused_connection_is_unavailable(call: Callable[[Registry], object]) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 cannot be reached"):
        call(Registry(RegistryAddress(url="http://127.0.0.1:1")))


def test_password_is_sent_but_never_told(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGISTRY_PASSWORD", "hunter2")
    server.replies = {"GET /subjects": [(401, {"message": "no"})]}
    address = RegistryAddress(url=server.url, user="ann", password="env:REGISTRY_PASSWORD")

    with pytest.raises(Rejected) as refused:
        Registry(address, timeout=SHORT).subjects()

    assert "user ann" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_credentials_in_the_address_are_not_told() -> None:
    with pytest.raises(Unavailable) as error:
        Registry(RegistryAddress(url="http://ann:hunter2@127.0.0.1:1/apis")).subjects()

    assert "hunter2" not in str(error.value)
    assert "hunter2" not in str(error.value.__cause__)


def test_register_references_are_sent(server: Server) -> None:
    server.replies = {"POST /subjects/s/versions": [(200, {"id": 4})]}

    assert registry(server).register("s", '"n.T"', [SchemaReference("n.T", "t-value", 3)]) == 4
    assert json.loads(server.asked[0][2])["references"] == [
        {"name": "n.T", "subject": "t-value", "version": 3}
    ]


def test_compatible_apicurio_cannot_tell_beside_references(server: Server) -> None:
    server.replies = {CHECK: [(422, {"error_code": 42201, "message": "invalid Avro schema"})]}

    assert registry(server).compatible("s", '"int"', None) is None


def test_compatible_level_of_the_latest_asks_for_the_latest(server: Server) -> None:
    server.replies = {f"{CHECK}/latest": [(200, {"is_compatible": True})]}

    answer = registry(server).compatible("s", '"int"', "BACKWARD")

    assert answer == CompatibilityAnswer(is_compatible=True)


SITE = '{"type": "record", "name": "n.Site", "fields": [{"name": "city", "type": "string"}]}'
PLANT = '{"type": "record", "name": "n.Plant", "fields": [{"name": "site", "type": "n.Site"}]}'
AT = '{"type": "record", "name": "At", "fields": [{"name": "plant", "type": "n.Plant"}]}'
TO_SITE = [{"name": "n.Site", "subject": "n.Site", "version": 1}]
TO_PLANT = [{"name": "n.Plant", "subject": "n.Plant", "version": 2}]


def with_types(server: Server) -> None:
    server.replies = {
        "GET /subjects/s/versions/latest": [
            (200, {"subject": "s", "version": 1, "id": 3, "schema": AT, "references": TO_PLANT})
        ],
        "GET /subjects/n.Plant/versions/2": [
            (200, {"subject": "n.Plant", "version": 2, "id": 2, "schema": PLANT,
                   "references": TO_SITE})
        ],
        "GET /subjects/n.Site/versions/1": [
            (200, {"subject": "n.Site", "version": 1, "id": 1, "schema": SITE, "references": None})
        ],
        "GET /schemas/ids/3": [(200, {"schema": AT, "references": TO_PLANT})],
    }  # fmt: skip


def test_latest_types_of_types_are_put_in_their_places(server: Server) -> None:
    with_types(server)
    client = registry(server)

    latest, again = client.latest("s"), client.latest("s")

    assert latest is not None
    assert (latest.text, again) == (AT, latest)
    plant = json.loads(latest.whole_text)["fields"][0]["type"]
    assert plant["fields"][0]["type"]["fields"] == [{"name": "city", "type": "string"}]
    assert len(server.asked) == 4, "a version never changes: it is read once"


def test_by_id_is_the_whole_schema(server: Server) -> None:
    with_types(server)

    assert "city" in registry(server).by_id(3)


def test_twin_knows_what_was_read(server: Server) -> None:
    with_types(server)
    client = registry(server)
    client.latest("s")

    client.twin().latest("s")

    assert len(server.asked) == 4


def test_subject_is_one_segment_of_the_path(server: Server) -> None:
    server.replies = {"GET /subjects/a%2Fb%3Fc/versions": [(200, [2, 1])]}

    assert registry(server).versions("a/b?c") == (1, 2)
