"""What clients/storage.py must do, whatever stands behind it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from headgate.clients.storage import (
    content_of,
    delete_folder,
    delete_if_empty,
    delete_metadata,
    folders_named,
    is_there,
    read_head_and_tail,
    snapshot_at,
    snapshots_below,
)

MAGIC = b"\x49\x60\x67\x2d"


Put = Callable[[str, bytes], None]
"""Writes a file below the root past the client, as Flink does."""


def write(put: Put, place: str, metadata: bytes | None = MAGIC + b"rest", state: int = 0) -> None:
    if metadata is not None:
        put(f"{place}/_metadata", metadata)
    if state:
        put(f"{place}/shared/state", b"x" * state)


class StorageCases:
    """`root` is a location, and `put` writes below it."""

    def test_whole_snapshot_is_measured(self, root: str, put: Put) -> None:
        write(put, "j/op/savepoint-1", state=1000)

        content = content_of(f"{root}/j/op/savepoint-1")

        assert (content.metadata_bytes, content.size_bytes) == (8, 1008)
        assert content.problem is None
        assert content.modified_at is not None
        assert abs(datetime.now(UTC) - content.modified_at) < timedelta(minutes=10)
        found = snapshot_at(f"{root}/j/op/savepoint-1")
        assert found is not None
        assert found.metadata_bytes == 8
        assert abs(datetime.now(UTC) - found.modified_at) < timedelta(minutes=10)

    @pytest.mark.parametrize(
        ("metadata", "problem"),
        [(None, "no _metadata"), (b"", "empty"), (b"nonsense", "not one of"), (MAGIC, "cut off")],
    )
    def test_what_is_no_snapshot_says_why(
        self, root: str, put: Put, metadata: bytes | None, problem: str
    ) -> None:
        write(put, "j/op/savepoint-1", metadata, state=10)

        content = content_of(f"{root}/j/op/savepoint-1")

        assert content.problem is not None
        assert problem in content.problem
        assert content.size_bytes == 10 + len(metadata or b"")

    def test_ends_of_a_file_are_read(self, root: str, put: Put) -> None:
        write(put, "j/chk-1", b"0123456789")
        write(put, "j/chk-2", b"01")
        write(put, "j/chk-3", b"")

        ends = [
            read_head_and_tail(f"{root}/j/chk-{n}", "_metadata", head=8, tail=4)
            for n in range(1, 5)
        ]

        assert ends == [(b"01234567", b"6789"), (b"01", b"01"), None, None]

    def test_folders_are_found_by_their_names(self, root: str, put: Put) -> None:
        for name in ("chk-1", "chk-2", "shared"):
            write(put, f"j/{name}", None, state=1)

        found = folders_named(f"{root}/j", "chk-*")

        assert [folder.rstrip("/").rsplit("/", 1)[-1] for folder in found] == ["chk-1", "chk-2"]
        assert folders_named(f"{root}/nobody", "chk-*") == []

    def test_nothing_there(self, root: str, put: Put) -> None:
        put("other", b"x")

        assert snapshot_at(f"{root}/none") is None
        assert content_of(f"{root}/none").problem == "no _metadata there, nothing"
        assert list(snapshots_below(f"{root}/none")) == []
        assert not is_there(f"{root}/j/none")
        delete_folder(f"{root}/j/none")
        delete_if_empty(f"{root}/j/none")

    def test_snapshots_of_both_depths_in_the_spelling_that_was_asked_with(
        self, root: str, put: Put
    ) -> None:
        write(put, "j/a/chk-1")
        write(put, "j/savepoint-1")
        write(put, "j/empty", b"")

        found = {snapshot.location for snapshot in snapshots_below(f"{root}/j")}

        assert found == {f"{root}/j/a/chk-1", f"{root}/j/savepoint-1"}

    def test_deletion_is_seen_at_once_and_takes_nothing_else(self, root: str, put: Put) -> None:
        write(put, "j/op/savepoint-1", state=10)
        write(put, "j/op/savepoint-10", state=10)
        assert is_there(f"{root}/j/op/savepoint-1")

        delete_folder(f"{root}/j/op/savepoint-1")

        assert not is_there(f"{root}/j/op/savepoint-1")
        assert snapshot_at(f"{root}/j/op/savepoint-1") is None
        left = [snapshot.location for snapshot in snapshots_below(f"{root}/j/op")]
        assert left == [f"{root}/j/op/savepoint-10"]

    def test_without_its_metadata_nothing_is_a_snapshot_any_more(self, root: str, put: Put) -> None:
        write(put, "j/a/chk-1", state=10)
        write(put, "j/a/chk-10", state=10)

        delete_metadata(f"{root}/j/a/chk-1")
        delete_metadata(f"{root}/j/a/chk-1")

        assert snapshot_at(f"{root}/j/a/chk-1") is None
        assert is_there(f"{root}/j/a/chk-1")
        assert snapshot_at(f"{root}/j/a/chk-10") is not None

    def test_what_somebody_else_writes_is_seen_at_once(self, root: str, put: Put) -> None:
        write(put, "j/op/savepoint-1")
        assert len(snapshots_below(f"{root}/j/op")) == 1

        write(put, "j/op/savepoint-2", state=20)

        assert len(snapshots_below(f"{root}/j/op")) == 2
        assert content_of(f"{root}/j/op/savepoint-2").size_bytes == 28
