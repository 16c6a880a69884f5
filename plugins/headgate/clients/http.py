"""One way to speak HTTP: a time-out on every call, and errors sorted by consequence.

    no connection    Unavailable: the server has not seen the request
    no trust         Rejected: a certificate is wrong or missing, on either side
    no answer        Indeterminate for an effect; for a read, after one more try on a new
                     connection, Unavailable
    any answer       a Response

What the status of a Response means is the caller's business.
"""

import json as json_text
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from typing import IO, Any
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from headgate.clients.tls import TlsFiles
from headgate.errors import HeadgateError, Indeterminate, Unavailable

FilePart = tuple[str, bytes | IO[bytes], str]
"""One file of a multipart body: file name, content, media type."""

_CONNECT_TIMEOUT = timedelta(seconds=3)
_BAD_STATUS = 400
_PUBLIC_CAS = TlsFiles()


@dataclass(frozen=True)
class Response:
    """What a server answered, read to its end."""

    status: int
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether the status is below 400."""
        return self.status < _BAD_STATUS

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self) -> Any:  # noqa: ANN401 - whatever the server wrote
        """The body parsed as JSON. Raises ValueError where it is none."""
        return json_text.loads(self.body)


def segment(name: str) -> str:
    """A name as one segment of a path."""
    return quote(name, safe="")


class HttpClient:
    """Requests to one server.

    `server` names it in errors ("schema registry at 127.0.0.1:8081"), so it must hold no secret.
    Not for use by several threads at once.
    """

    def __init__(
        self,
        base_url: str,
        *,
        server: str = "",
        timeout: timedelta = timedelta(seconds=5),
        auth: tuple[str, str] | None = None,
        tls: TlsFiles = _PUBLIC_CAS,
        next_step: str = "headgate ps",
    ) -> None:
        """`timeout` bounds each wait for the answer, `next_step` is the advice in errors.

        Raises Rejected for a file of `tls` that cannot be used.
        """
        self.server = server or host_of(base_url)
        self._base = base_url.rstrip("/")
        self._timeout = timeout
        self._next_step = next_step
        self._session = requests.Session()
        self._session.auth = auth
        self._session.trust_env = not _is_loopback(base_url)
        tls.check(self.server)
        self._tls = tls
        if tls.certificate is not None:
            self._session.cert = (
                (str(tls.certificate), str(tls.key)) if tls.key else str(tls.certificate)
            )

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,  # noqa: ANN401 - whatever json can write
        params: Mapping[str, str] | None = None,
        files: Mapping[str, FilePart] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: timedelta | None = None,
        effect: bool,
    ) -> Response:
        """Send one request and return the answer, whatever its status.

        `effect` says that the request changes something at the server: it is sent once, and an
        answer that does not come is Indeterminate. A read is tried once more on a new connection.
        """
        if effect:
            # A kept-alive connection that the server has closed meanwhile would look like a lost
            # answer; a new one can only be refused.
            self._session.close()
        attempts = 1 if effect else 2
        while True:
            attempts -= 1
            try:
                with self._session.request(
                    method,
                    self._base + path,
                    json=json,
                    params=params,
                    files=files,
                    headers=headers,
                    timeout=(
                        _CONNECT_TIMEOUT.total_seconds(),
                        (timeout or self._timeout).total_seconds(),
                    ),
                    allow_redirects=not effect,
                    # Of the session it would yield to REQUESTS_CA_BUNDLE.
                    verify=str(self._tls.ca) if self._tls.ca else None,
                ) as answer:
                    response = Response(answer.status_code, answer.content)
            except requests.RequestException as error:
                self._session.close()
                refusal = self._tls.refusal(error, self.server, f"{method} {path}")
                if refusal is not None:
                    raise refusal from error
                if attempts and not _never_connected(error):
                    continue
                raise self._translated(error, f"{method} {path}", effect=effect) from error
            if not response.ok:
                # Apicurio 3.3.3 left 2 of 400 requests unanswered that followed a 404 on the
                # same connection (measured).
                self._session.close()
            return response

    def close(self) -> None:
        """Give up the connections. The next request opens new ones."""
        self._session.close()

    def _translated(
        self, error: requests.RequestException, call: str, *, effect: bool
    ) -> HeadgateError:
        if _never_connected(error):
            return Unavailable(
                f"{self.server} cannot be reached ({call})",
                still_true="Nothing was changed by this call.",
                next_step=self._next_step,
            )
        how = "did not answer in time" if isinstance(error, requests.Timeout) else "hung up"
        if effect:
            return Indeterminate(
                f"{self.server} {how} ({call})",
                still_true="The call was sent and may have taken effect.",
                next_step=f"{self._next_step}, then run the same command again: it looks first",
            )
        return Unavailable(
            f"{self.server} {how}, twice ({call})",
            still_true="The call only reads; nothing was changed by it.",
            next_step=self._next_step,
        )


def host_of(url: str) -> str:
    """Host and port of an address, without credentials and path, fit for messages."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.MissingSchema):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, NewConnectionError)


def _is_loopback(url: str) -> bool:
    """Loopback is never reached through a proxy of the environment, nor with a netrc entry."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
