"""How one JobManager is asked over REST, and how its refusals are read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from headgate.clients.http import HttpClient, Response
from headgate.errors import Rejected, Unavailable
from headgate.ids import FlinkLineName


class FlinkRest:
    """Reads and effects of one JobManager; the calls themselves are in the classes beside."""

    def __init__(self, line: FlinkLineName, rest: str) -> None:
        self.line = line
        self.rest = rest.rstrip("/")
        self._http = HttpClient(
            rest, server=f"Flink {line} at {rest}", timeout=timedelta(seconds=10)
        )

    def _read(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._checked(self._http.request("GET", path, effect=False), path)

    def _effect(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
        timeout: timedelta | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        response = self._http.request(
            method, path, json=json, files=files, timeout=timeout, effect=True
        )
        return self._checked(response, path)

    def _checked(self, response: Response, path: str) -> Any:  # noqa: ANN401 - JSON
        if response.ok:
            return response.json()
        what = f"Flink {self.line} at {self.rest} answered {response.status} to {path}"
        if response.status >= 500:  # noqa: PLR2004 - server errors
            raise Unavailable(f"{what}: {_first_error(response)}", next_step="headgate ps")
        raise Rejected(f"{what}: {_first_error(response)}")


def _first_error(response: Response) -> str:
    try:
        errors = response.json()["errors"]
    except (ValueError, KeyError, TypeError):
        return response.text[:300]
    lines = [line for error in errors for line in str(error).splitlines()]
    causes = [line.strip() for line in lines if "Caused by: " in line]
    return (causes[-1] if causes else " ".join(lines))[:500]
