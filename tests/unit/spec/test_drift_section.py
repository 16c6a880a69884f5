"""The sections [drift] and [notifier] of headgate.toml."""

from pathlib import Path

import pytest
from headgate.errors import SpecError
from headgate.spec.environment import HeadgateToml
from headgate.spec.load_environment import load_config

HEAD = 'default = "local"\n[environments.local]\nstack = "default"\n'


def load(folder: Path, text: str) -> HeadgateToml:
    (folder / "headgate.toml").write_text(HEAD + text)
    return load_config(folder)


def test_neither_section_is_needed(tmp_path: Path) -> None:
    config = load(tmp_path, "")

    assert config.drift.schedule == "@hourly"
    assert config.notifier is None


def test_both_sections_are_read(tmp_path: Path) -> None:
    config = load(
        tmp_path,
        '[drift]\nschedule = "*/5 * * * *"\n[notifier]\nclass = "a.b.C"\n'
        '[notifier.arguments]\ntoken = "env:TOKEN"\nloud = true\nchannel = "#streams"\n',
    )

    assert config.drift.schedule == "*/5 * * * *"
    assert config.notifier is not None
    assert config.notifier.class_ == "a.b.C"
    assert config.notifier.arguments == {"token": "env:TOKEN", "loud": True, "channel": "#streams"}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[drift]\nschedule = "hourly"', 5, "drift.schedule: 'hourly' does not match"),
        ('[drift]\nscedule = "@hourly"', 5, "did you mean 'schedule'?"),
        ('[notifier]\nclass = "Hook"', 5, "notifier.class: 'Hook' does not match"),
        ('[notifier]\nclass = "a.b.C; import os"', 5, "does not match"),
        ("[notifier.arguments]\nx = 1", 4, "'class' is missing"),
        ('[notifier]\nclass = "a.B"\n[notifier.arguments]\nx = [1]', 7, "notifier.arguments.x"),
    ],
)
def test_wrong_section_is_refused(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(SpecError) as refused:
        load(tmp_path, text)

    assert words in str(refused.value)
    assert f"headgate.toml:{line}:" in str(refused.value)


@pytest.mark.parametrize("name", ["token", "slack_token", "password", "client_secret"])
def test_secret_among_the_arguments_is_refused_and_not_repeated(tmp_path: Path, name: str) -> None:
    text = f'[notifier]\nclass = "a.B"\n[notifier.arguments]\n{name} = "hunter2"\n'

    with pytest.raises(SpecError, match="a secret must not stand in the file") as refused:
        load(tmp_path, text)

    assert "hunter2" not in str(refused.value)
