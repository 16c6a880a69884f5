"""How one JobManager is asked over REST, and how its refusals are read."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from headgate.clients.http import HttpClient, Response
from headgate.clients.silence import HttpUntilSilent, Silence
from headgate.errors import Indeterminate, Rejected, Unavailable
from headgate.ids import FlinkLineName

ANSWERS_WITHIN = timedelta(seconds=10)
"""A JobManager that takes longer for the answer to a read hangs."""


class FlinkRest:
    """Reads and effects of one JobManager; the calls themselves are in the classes beside."""

    def __init__(self, line: FlinkLineName, rest: str, silence: Silence | None = None) -> None:
        """With `silence`, a JobManager that did not answer is not asked again."""
        self.line = line
        self.rest = rest.rstrip("/")
        server, timeout = f"Flink {line} at {rest}", ANSWERS_WITHIN
        self._http = (
            HttpClient(rest, server=server, timeout=timeout)
            if silence is None
            else HttpUntilSilent(rest, server=server, timeout=timeout, silence=silence)
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
        needed: str | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """The answer to an effect; `needed` is a key that it must have."""
        response = self._http.request(
            method, path, json=json, files=files, timeout=timeout, effect=True
        )
        try:
            answer = self._checked(response, path)
            is_flinks = needed is None or needed in answer
        except (ValueError, TypeError):
            is_flinks = False
        if is_flinks:
            return answer
        raise Indeterminate(
            f"Flink {self.line} at {self.rest} answered {method} {path} with something that is not "
            "Flink's",
            still_true="The call was sent and may have taken effect.",
            next_step="look what answers at that address, then run the same command again: it "
            "looks first",
        )

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
