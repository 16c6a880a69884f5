"""Who is told of failing jobs: once, and again where telling has failed."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from harness.webhook import Webhook, webhook
from headgate.airflow.health_tasks import tell_news
from headgate.operations.health_check import Checked, check_health

RUN = "r1"
CONTEXT: Any = {
    "ti": SimpleNamespace(
        dag_id="check_health", run_id=RUN, task_id="look_at_jobs", log_url="http://airflow/log"
    )
}
NOTIFIER = """
[notifier]
class = "headgate.airflow.webhook_notifier.WebhookNotifier"
[notifier.arguments]
connection = "chat"
"""


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Webhook]:
    with webhook() as hook:
        address = {"conn_type": "http", "host": "http://127.0.0.1", "port": hook.port}
        monkeypatch.setenv("AIRFLOW_CONN_CHAT", json.dumps(address))
        yield hook


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OfflineProject]:
    """Two jobs that the JobManager does not know."""
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    project = OfflineProject(tmp_path, flink, time)
    for name in ("minutes", "sessions"):
        project.job(name)
    flink.jobs.clear()
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))
    yield project
    flink.close()


def add_notifier(project: OfflineProject) -> None:
    with (project.root / "headgate.toml").open("a") as file:
        file.write(NOTIFIER)


def news(project: OfflineProject) -> Sequence[Checked]:
    return [one for one in check_health(project.services) if one.is_news]


def test_one_message_tells_of_all_news_and_of_each_once(
    project: OfflineProject, chat: Webhook
) -> None:
    add_notifier(project)

    tell_news(project.services, news(project), CONTEXT)
    assert news(project) == []
    tell_news(project.services, news(project), CONTEXT)

    (post,) = chat.about(RUN)
    assert "minutes is missing: Flink does not know the job" in post["text"]
    assert "Next: headgate recover sessions" in post["text"]


def test_what_could_not_be_told_is_told_by_the_next_run(
    project: OfflineProject, chat: Webhook
) -> None:
    add_notifier(project)
    chat.status = 500
    tell_news(project.services, news(project), CONTEXT)
    chat.status = 200

    assert [one.status.job for one in news(project)] == ["minutes", "sessions"]
    tell_news(project.services, news(project), CONTEXT)
    assert news(project) == []


def test_where_nobody_is_named_the_run_alone_tells(project: OfflineProject) -> None:
    tell_news(project.services, news(project), CONTEXT)
    assert news(project) == []
