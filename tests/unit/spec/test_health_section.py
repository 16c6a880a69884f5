"""The section [health] of headgate.toml."""

from pathlib import Path

import pytest
from headgate.errors import SpecError
from headgate.spec.load_environment import load_config

HEAD = 'default = "local"\n[environments.local]\nstack = "default"\n'


def load(folder: Path, text: str) -> str:
    (folder / "headgate.toml").write_text(HEAD + text)
    return load_config(folder).health.schedule


def test_every_five_minutes_where_nothing_is_said(tmp_path: Path) -> None:
    assert load(tmp_path, "") == "*/5 * * * *"


def test_schedule_is_read(tmp_path: Path) -> None:
    assert load(tmp_path, '[health]\nschedule = "manual"') == "manual"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('schedule = "soon"', "health.schedule: 'soon' does not match"),
        ('every = "5m"', "'every'"),
        ("schedule = 5", "health.schedule"),
    ],
)
def test_wrong_section_is_refused_with_its_line(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        load(tmp_path, f"[health]\n{line}")

    assert words in str(refused.value)
    assert "headgate.toml:5:" in str(refused.value)
