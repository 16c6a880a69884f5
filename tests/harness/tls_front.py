"""A front with TLS, a password and client certificates before one real HTTP server."""

import base64
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.certificates import Issued
from harness.proxy import Proxy


@dataclass(frozen=True)
class Access:
    """Who is let in."""

    user: str | None = None
    password: str = ""
    client_ca: Path | None = None
    """Authority of the client certificates that are demanded; None demands none."""


class TlsFront(Proxy):
    """Passes on what comes by TLS from a client that is let in. `seen` is what was passed on."""

    def __init__(self, target: str, server: Issued, access: Access) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(server.certificate, server.key)
        if access.client_ca is not None:
            self._context.load_verify_locations(access.client_ca)
            self._context.verify_mode = ssl.CERT_REQUIRED
        self._access = access
        super().__init__(target)

    @property
    def address(self) -> str:
        return super().address.replace("http://", "https://", 1)

    def pass_on(self, request: BaseHTTPRequestHandler) -> None:
        if self._access.user is None:
            super().pass_on(request)
            return
        pair = f"{self._access.user}:{self._access.password}"
        expected = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if compare_digest(request.headers.get("Authorization", ""), expected):
            super().pass_on(request)
            return
        request.rfile.read(int(request.headers.get("Content-Length") or 0))
        self._answer(request, 401, [("WWW-Authenticate", 'Basic realm="registry"')], b"")

    def _listening(self, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
        return _TlsServer(("127.0.0.1", 0), handler, self._context)


class _TlsServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self,
        address: tuple[str, int],
        handler: type[BaseHTTPRequestHandler],
        context: ssl.SSLContext,
    ) -> None:
        self._context = context
        super().__init__(address, handler)

    def get_request(self) -> tuple[ssl.SSLSocket, Any]:
        plain, address = super().get_request()
        wrapped = self._context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(10)
        try:
            request.do_handshake()
        except OSError:
            _let_the_alert_arrive(request)
            return
        with suppress(OSError):  # the client hangs up when it has seen enough
            super().finish_request(request, client_address)


def _let_the_alert_arrive(connection: ssl.SSLSocket) -> None:
    """Closing with unread input would reset the connection, and the alert with it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
