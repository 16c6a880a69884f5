"""Topics that the shell offers."""

from pathlib import Path

import pytest
from headgate.cli.topic_names import complete_topic
from unit.spec.sample_project import write_project


def test_declared_topics_are_offered_by_their_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write_project(tmp_path)
    (project / "schemas" / "_types").mkdir()
    (project / "schemas" / "no-topic").mkdir()
    monkeypatch.setenv("HEADGATE_PROJECT", str(project))
    assert complete_topic("") == ["minutes", "readings"]
    assert complete_topic("re") == ["readings"]


def test_nothing_is_offered_outside_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADGATE_PROJECT", raising=False)
    monkeypatch.chdir(tmp_path)
    assert complete_topic("") == []
