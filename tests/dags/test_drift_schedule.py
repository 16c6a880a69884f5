"""The schedule of check_drift is read from headgate.toml, cheaply and without failing."""

from pathlib import Path

import pytest
from headgate.airflow.drift import drift_schedule


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("", "@hourly"),
        ('[drift]\nschedule = "*/10 * * * *"', "*/10 * * * *"),
        ('[drift]\nschedule = "manual"', None),
        ('drift = "soon"', "@hourly"),
        ("[drift", "@hourly"),
    ],
)
def test_schedule_of_headgate_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, schedule: str | None
) -> None:
    (tmp_path / "headgate.toml").write_text(text)
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))

    assert drift_schedule() == schedule


def test_without_a_project_there_is_a_schedule(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADGATE_PROJECT", str(tmp_path))

    assert drift_schedule() == "@hourly"
