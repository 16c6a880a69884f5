"""A way to a server that can be cut at any moment, without touching the server."""

import socket
import threading
from collections.abc import Callable, Iterator


class relay:  # noqa: N801 - reads as a verb where it is used
    """A way to a server that can be cut at any moment; connections end with it."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    def __enter__(self) -> tuple[str, Callable[[], None]]:
        threading.Thread(target=self._accept, daemon=True).start()
        host, port = self._listener.getsockname()
        return f"{host}:{port}", self.cut

    def __exit__(self, *_: object) -> None:
        self.cut()

    def cut(self) -> None:
        for end in (self._listener, *self._open):
            # A shutdown wakes the thread that waits in accept or recv; close alone does not.
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                end.close()

    def _accept(self) -> None:
        for client in self._clients():
            server = socket.create_connection(self._target)
            self._open += [client, server]
            for one, other in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=(one, other), daemon=True).start()

    def _clients(self) -> Iterator[socket.socket]:
        while True:
            try:
                yield self._listener.accept()[0]
            except OSError:
                return


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65_536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        return
