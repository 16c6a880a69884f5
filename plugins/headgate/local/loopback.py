"""HTTP to the stack's own servers on this machine, past any proxy that the environment names."""

from typing import Any

import requests


def get(url: str, timeout_seconds: float) -> requests.Response:
    """GET; raises requests.RequestException also for an error status."""
    return _send("GET", url, timeout_seconds)


def put(url: str, body: Any, timeout_seconds: float) -> requests.Response:  # noqa: ANN401 - JSON
    """PUT a JSON body; raises requests.RequestException also for an error status."""
    return _send("PUT", url, timeout_seconds, json=body)


def _send(method: str, url: str, timeout_seconds: float, **body: Any) -> requests.Response:  # noqa: ANN401
    with requests.Session() as session:
        session.trust_env = False
        answer = session.request(method, url, timeout=timeout_seconds, **body)
    answer.raise_for_status()
    return answer
