"""An HTTP proxy in front of one real server, which can hold a request before or after its effect.

The server behind it is real, and so is the effect; only the moment at which the client dies is
chosen. Serves on 127.0.0.1, each request in a thread of its own.
"""

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import urlsplit

Moment = Literal["before", "late", "after"]
"""Of the effect: before and never, late, or after it with no answer yet."""
Spoiling = Literal["502", "lost"]
"""502: it is answered so, and not passed on; lost: it is passed on, and the answer dropped."""
Content = dict[str, Any]
"""The JSON of a request or of an answer."""
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


@dataclass
class Hold:
    """Holds the first matching request. `reached` is set when it is held."""

    method: str
    path: str
    moment: Moment
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and re.search(self.path, path) is not None


@dataclass
class Rewriting:
    """Puts other content into every matching request, or into its answer; `times` it did."""

    method: str
    path: str
    request: Callable[[Content], Content] | None = None
    answer: Callable[[Content], Content] | None = None
    times: int = 0

    def matches(self, method: str, path: str) -> bool:
        return method == self.method and re.search(self.path, path) is not None

    def rewritten(self, rewrite: Callable[[Content], Content], body: bytes) -> bytes:
        self.times += 1
        return json.dumps(rewrite(json.loads(body))).encode()


class Proxy:
    """Passes everything on to `target` (http://host:port) until told to hold something."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        assert parts.hostname is not None
        assert parts.port is not None
        self.upstream = (parts.hostname, parts.port)
        self.hold: Hold | None = None
        self._spoilt: list[tuple[str, str, Spoiling]] = []
        self._when_lost: Callable[[], None] = lambda: None
        self._rewriting: Rewriting | None = None
        self.seen: list[tuple[str, str]] = []
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def _serve(self) -> None:
                proxy.pass_on(self)

            do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _serve

            def log_message(self, *_: object) -> None:
                pass

        self._server = self._listening(Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @staticmethod
    def _listening(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        return ThreadingHTTPServer(("127.0.0.1", 0), handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def holding(self, method: str, path: str, moment: Moment) -> Iterator[Hold]:
        """Hold the next matching request; at the end it is dropped, passed on (late) or answered.

        `late`: the request has been sent, and reaches the server only at the end of the block.
        """
        self.hold = Hold(method, path, moment)
        try:
            yield self.hold
        finally:
            self.hold.released.set()
            self.hold = None

    def spoil(
        self,
        method: str,
        path: str,
        how: Sequence[Spoiling],
        when_lost: Callable[[], None] = lambda: None,
    ) -> None:
        """What becomes of the next matching requests, one after the other.

        `when_lost` is called when the server has answered, before the client knows of the loss.
        """
        self._spoilt = [(method, path, one) for one in how]
        self._when_lost = when_lost

    @contextmanager
    def rewriting(
        self,
        method: str,
        path: str,
        *,
        request: Callable[[Content], Content] | None = None,
        answer: Callable[[Content], Content] | None = None,
    ) -> Iterator[Rewriting]:
        """Rewrite every matching request before it is passed on, or its answer, if it is 2xx."""
        self._rewriting = Rewriting(method, path, request, answer)
        try:
            yield self._rewriting
        finally:
            self._rewriting = None

    @property
    def left_to_spoil(self) -> int:
        """How many of those requests have not come."""
        return len(self._spoilt)

    def _spoiling(self, request: BaseHTTPRequestHandler) -> Spoiling | None:
        if self._spoilt:
            method, path, how = self._spoilt[0]
            if request.command == method and re.search(path, request.path):
                del self._spoilt[0]
                return how
        return None

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        length = int(request.headers.get("Content-Length") or 0)
        body = request.rfile.read(length) if length else None
        self.seen.append((request.command, request.path))
        hold = self.hold if self.hold and self.hold.matches(request.command, request.path) else None
        if hold is not None and not hold.reached.is_set() and hold.moment != "after":
            hold.reached.set()
            hold.released.wait()
            if hold.moment == "before":
                request.close_connection = True
                return
        spoiling = self._spoiling(request)
        if spoiling == "502":
            self._answer(request, 502, [], b"")
            return
        status, headers, answer = self._forward_rewritten(request, body)
        if spoiling == "lost":
            self._when_lost()
            request.close_connection = True
            return
        if hold is not None and not hold.reached.is_set():
            hold.reached.set()
            hold.released.wait()
        try:
            self._answer(request, status, headers, answer)
        except (BrokenPipeError, ConnectionResetError):
            request.close_connection = True

    def _forward_rewritten(
        self, request: BaseHTTPRequestHandler, body: bytes | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        rewriting = self._rewriting
        if rewriting is None or not rewriting.matches(request.command, request.path):
            return self._forward(request, body)
        if rewriting.request is not None and body:
            body = rewriting.rewritten(rewriting.request, body)
        status, headers, answer = self._forward(request, body)
        if rewriting.answer is not None and status < HTTPStatus.BAD_REQUEST:
            answer = rewriting.rewritten(rewriting.answer, answer)
        return status, headers, answer

    def _forward(
        self, request: BaseHTTPRequestHandler, body: bytes | None
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.upstream, timeout=120)
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        try:
            connection.request(request.command, request.path, body, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        except OSError:
            return 502, [], b""
        finally:
            connection.close()

    @staticmethod
    def _answer(
        request: BaseHTTPRequestHandler,
        status: int,
        headers: list[tuple[str, str]],
        body: bytes,
    ) -> None:
        request.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP:
                request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
