"""Servers that did not answer, remembered for as long as one pass over many jobs takes."""

from datetime import timedelta
from threading import Lock
from typing import Any

from headgate.clients.http import HttpClient, Response
from headgate.errors import Unavailable


class Silence:
    """Which servers did not answer. For use by several threads at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._silent: dict[str, Unavailable] = {}

    def refuse(self, server: str) -> None:
        """Raises Unavailable if that server did not answer before."""
        with self._lock:
            before = self._silent.get(server)
        if before is not None:
            raise Unavailable(
                before.what, still_true=before.still_true, next_step=before.next_step
            ) from before

    def note(self, server: str, error: Unavailable) -> None:
        """Remember that it did not answer."""
        with self._lock:
            self._silent[server] = error


class HttpUntilSilent(HttpClient):
    """Requests to one server, until it does not answer once.

    A server that hangs takes two time-outs for each question. Asked about two hundred jobs one
    after the other, it would hold up those of all other servers for an hour.
    """

    def __init__(self, base_url: str, *, server: str, timeout: timedelta, silence: Silence) -> None:
        super().__init__(base_url, server=server, timeout=timeout)
        self._silence = silence

    def request(self, method: str, path: str, **options: Any) -> Response:  # noqa: ANN401
        """As `HttpClient.request`; raises Unavailable at once if the server was silent before."""
        self._silence.refuse(self.server)
        try:
            return super().request(method, path, **options)
        except Unavailable as error:
            self._silence.note(self.server, error)
            raise
