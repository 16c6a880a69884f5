import os
import stat
from pathlib import Path

import pytest
from headgate.errors import Rejected
from headgate.local.files import tail, write_whole
from headgate.local.layout import layout_of
from headgate.local.secrets import keep_secrets
from headgate.local.supervisor import socket_path


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a;b", "a/", "-a", "a" * 81, "a\n"])
def test_layout_of_unsafe_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected, match="no name for a stack"):
        layout_of(tmp_path, name)


def test_layout_everything_of_a_stack_is_below_its_folder(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "mine")
    paths = [
        value
        for name in dir(type(layout))
        if isinstance(getattr(type(layout), name), property)
        and isinstance(value := getattr(layout, name), Path)
        and name not in ("root", "stacks")
    ]

    assert len(paths) > 10
    assert all(path.is_relative_to(tmp_path / ".headgate/stacks/mine") for path in paths)


def test_installed_missing_names_every_folder(tmp_path: Path) -> None:
    missing = layout_of(tmp_path, "mine").installed.missing()

    assert tmp_path / ".headgate/install/jars/kafka" in missing
    assert tmp_path / ".headgate/install/handover-gate/flink-2.3" in missing
    assert len(missing) == 8


def test_keep_secrets_are_made_once_and_readable_by_the_owner_alone(tmp_path: Path) -> None:
    layout = layout_of(tmp_path, "mine")
    first = keep_secrets(layout)

    assert keep_secrets(layout) == first
    assert len(set(first.values())) == len(first)
    assert stat.S_IMODE(layout.secrets_file.stat().st_mode) == 0o600
    assert len(first["kafka_cluster_id"]) == 22
    assert len(first["airflow_jwt_secret"]) >= 64


def test_keep_secrets_of_two_stacks_differ(tmp_path: Path) -> None:
    one, other = (keep_secrets(layout_of(tmp_path, name)) for name in ("one", "other"))

    assert not set(one.values()) & set(other.values())


def test_write_whole_secret_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "a" / "secret"
    old = os.umask(0)
    try:
        write_whole(path, "x", secret=True)
    finally:
        os.umask(old)

    assert path.read_text() == "x"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_tail_returns_the_last_lines_and_nothing_for_no_file(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert tail(log, 3) == []

    log.write_text("".join(f"line {number}\n" for number in range(5000)))
    assert tail(log, 2) == ["line 4998", "line 4999"]


def test_socket_path_in_a_deep_folder_is_short_private_and_kept(tmp_path: Path) -> None:
    layout = layout_of(tmp_path / ("d" * 120), "mine")
    path = socket_path(layout)
    try:
        assert len(os.fsencode(path)) < 95
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert socket_path(layout) == path
    finally:
        path.parent.rmdir()


def test_socket_path_in_a_shallow_folder_is_in_the_stack() -> None:
    layout = layout_of(Path("/p"), "mine")

    assert socket_path(layout).is_relative_to(layout.root)
