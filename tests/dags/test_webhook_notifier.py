"""The shipped notifier against a real HTTP server, and how headgate.toml names a notifier."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import BaseNotifier, Connection
from harness.webhook import webhook
from headgate.airflow.notification import built, notify_of_failure
from headgate.airflow.webhook_notifier import WebhookNotifier, address_of
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.spec.drift import Notifier

OURS = "headgate.airflow.webhook_notifier.WebhookNotifier"
HEAD = 'default = "local"\n[environments.local]\nstack = "default"\n'
CONTEXT: Any = {
    "ti": SimpleNamespace(
        dag_id="check_drift", run_id="r1", task_id="compare", log_url="http://airflow/log"
    ),
    "exception": ValueError("not as declared: {{ 7 * 7 }}"),
}


def connect(monkeypatch: pytest.MonkeyPatch, port: int, **more: Any) -> None:
    content = {"conn_type": "http", "host": "http://127.0.0.1", "port": port, **more}
    monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(content))


def test_message_is_posted_with_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        connect(monkeypatch, hook.port, host="http://127.0.0.1/hooks", password="T0/s3cret")
        WebhookNotifier("chat")(CONTEXT)

    assert hook.posts == [
        (
            "/hooks/T0/s3cret",
            {
                "text": "check_drift: not as declared: {{ 7 * 7 }}",
                "dag": "check_drift",
                "run": "r1",
                "task": "compare",
                "log_url": "http://airflow/log",
            },
        )
    ]


def test_refusing_server_is_an_error_without_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    with webhook() as hook:
        hook.status = 404
        connect(monkeypatch, hook.port, password="s3cret")
        with pytest.raises(Rejected, match="webhook of connection chat answered 404") as refused:
            WebhookNotifier("chat")(CONTEXT)

    assert "s3cret" not in str(refused.value)


def test_unreachable_server_is_an_error_without_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(monkeypatch, 1, password="s3cret")

    with pytest.raises(Unavailable, match="webhook of connection chat cannot be reached") as away:
        WebhookNotifier("chat")(CONTEXT)

    assert "s3cret" not in str(away.value)


@pytest.mark.parametrize(
    ("parts", "address"),
    [
        ({"host": "hooks.example.com"}, "https://hooks.example.com"),
        ({"host": "hooks.example.com", "schema": "http"}, "http://hooks.example.com"),
        ({"host": "https://h.example/a/", "password": "/b/c"}, "https://h.example/a/b/c"),
        ({"host": "http://h.example/a", "port": 81}, "http://h.example:81/a"),
    ],
)
def test_address_is_the_whole_connection(parts: dict[str, Any], address: str) -> None:
    assert address_of(Connection(conn_id="chat", conn_type="http", **parts)) == address


def test_notifier_is_built_with_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_CONNECTION", "chat")
    section = Notifier.model_validate(
        {"class": OURS, "arguments": {"connection": "env:CHAT_CONNECTION"}}
    )

    notifier = built(section)

    assert isinstance(notifier, WebhookNotifier)
    assert notifier.connection == "chat"


@pytest.mark.parametrize(
    ("section", "error"),
    [
        ({"class": "nowhere.at.All"}, ImportError),
        ({"class": "headgate.airflow.webhook_notifier.Missing"}, AttributeError),
        ({"class": "pathlib.Path"}, TypeError),
        ({"class": OURS}, TypeError),
        ({"class": OURS, "arguments": {"connection": "env:NOT_SET_HERE"}}, NeedsOperator),
    ],
)
def test_broken_notifier_is_an_error_and_never_hides_the_failure(
    section: dict[str, Any],
    error: type[Exception],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(error):
        built(Notifier.model_validate(section))

    lines = [f'class = "{section["class"]}"', "[notifier.arguments]"]
    lines += [f'{name} = "{value}"' for name, value in section.get("arguments", {}).items()]
    (tmp_path / "headgate.toml").write_text("\n".join([HEAD, "[notifier]", *lines]))
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))
    with caplog.at_level(logging.ERROR):
        notify_of_failure(CONTEXT)

    assert "could not be told of this failure" in caplog.text


def test_without_a_notifier_nobody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "headgate.toml").write_text(HEAD)
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))

    notify_of_failure(CONTEXT)

    assert caplog.text == ""
    assert issubclass(WebhookNotifier, BaseNotifier)
