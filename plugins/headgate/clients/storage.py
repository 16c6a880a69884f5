"""State storage: savepoints and checkpoints as folders, in what Flink has file systems for.

Folders of this machine are plain paths or `file:`; `s3://`, `s3a://` and `s3p://` are reached
through obstore, which takes endpoint and credentials from the environment (`AWS_ENDPOINT_URL`,
`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_REGION`; `AWS_ALLOW_HTTP` for a server without
TLS), so none stands in a file of ours. s3fs cannot be used: its botocore does not take the
python-dateutil that Airflow is locked with.

Flink writes beside us, so nothing that was listed before is believed: every call forgets fsspec's
listings first.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fsspec
from obstore.fsspec import register

from headgate.clients.locations import as_flink_uri, fsspec_url, plain_location, spelled_like
from headgate.errors import HeadgateError, Rejected, Unavailable

METADATA_FILE = "_metadata"
MAGIC_NUMBER = 0x4960672D
"""The first four bytes of every `_metadata` (Flink's `CheckpointMetadata.HEADER_MAGIC_NUMBER`)."""
_STORAGES = frozenset({"file", "s3", "gs", "abfs", "abfss", "hdfs", "oss"})

register("s3")


@dataclass(frozen=True)
class SnapshotFolder:
    """A folder that holds a whole snapshot: its `_metadata` is there and not empty."""

    location: str
    metadata_bytes: int
    modified_at: datetime


@dataclass(frozen=True)
class SnapshotContent:
    """What a look into a snapshot's folder has found. Sizes in bytes, of all files for `size`."""

    location: str
    metadata_bytes: int
    size_bytes: int
    problem: str | None
    """Why it is no snapshot that Flink would read; None if it may be one."""
    modified_at: datetime | None = None
    """When its `_metadata` was written, which Flink writes last; None where there is none."""


def snapshot_at(location: str) -> SnapshotFolder | None:
    """The snapshot at a location; None if `_metadata` is missing or empty."""
    with _opened(location) as (filesystem, path):
        try:
            details = filesystem.info(f"{path}/{METADATA_FILE}")
        except FileNotFoundError:
            return None
        return _folder(location, details) if details["size"] else None


def snapshots_below(location: str, levels: Sequence[int] = (1, 2)) -> Sequence[SnapshotFolder]:
    """Whole snapshots so many levels below a location, newest first."""
    found = []
    with _opened(location) as (filesystem, path):
        for level in levels:
            details = filesystem.glob(f"{path}/{'*/' * level}{METADATA_FILE}", detail=True)
            for file, listed in details.items():
                entry = listed if _modified(listed) else filesystem.info(file)
                folder = filesystem.unstrip_protocol(file.removesuffix(f"/{METADATA_FILE}"))
                if entry["size"]:
                    found.append(_folder(_spelled(folder, location), entry))
    return sorted(found, key=lambda snapshot: snapshot.modified_at, reverse=True)


def content_of(location: str) -> SnapshotContent:
    """Read what shows from outside whether the folder holds a snapshot, and measure all of it.

    State files are not read: whether they are whole is shown only by a restore.
    """
    with _opened(location) as (filesystem, path):
        sizes: dict[str, Any] = filesystem.find(path, detail=True)
        metadata = f"{path}/{METADATA_FILE}"
        size = sum(int(entry["size"] or 0) for entry in sizes.values())
        entry = next((entry for name, entry in sizes.items() if _same_path(name, metadata)), None)
        if entry is None:
            there = f"only {len(sizes)} other files" if sizes else "nothing"
            return SnapshotContent(location, 0, size, f"no {METADATA_FILE} there, {there}")
        length = int(entry["size"])
        # An object store has no range of an empty object to give.
        head = filesystem.cat_file(metadata, start=0, end=4) if length else b""
        if int.from_bytes(head, "big") != MAGIC_NUMBER or length <= len(head):
            what = "empty" if not length else "not one of Flink's, or cut off"
            return SnapshotContent(location, length, size, f"its {METADATA_FILE} is {what}")
        details = entry if _modified(entry) else filesystem.info(metadata)
        at = _folder(location, details).modified_at
        return SnapshotContent(location, length, size, None, at)


def read_head_and_tail(
    location: str, name: str, *, head: int, tail: int
) -> tuple[bytes, bytes] | None:
    """So many bytes of both ends of a file in a folder, or all; None if there is nothing.

    A running job may delete an old checkpoint between two reads: then it is not there.
    """
    with _opened(location) as (filesystem, path):
        file = f"{path}/{name}"
        try:
            size = int(filesystem.info(file)["size"] or 0)
            if not size:
                return None
            begin: bytes = filesystem.cat_file(file, start=0, end=min(head, size))
            end: bytes = filesystem.cat_file(file, start=max(0, size - tail), end=size)
        except FileNotFoundError:
            return None
        return begin, end


def folders_named(location: str, pattern: str) -> Sequence[str]:
    """Folders directly below a location whose names match, in its own spelling."""
    with _opened(location) as (filesystem, path):
        found = filesystem.glob(f"{path}/{pattern}")
        return [
            as_flink_uri(spelled_like(filesystem.unstrip_protocol(folder), location))
            for folder in sorted(found)
        ]


def is_there(location: str) -> bool:
    """Whether anything is left at a location or below it."""
    with _opened(location) as (filesystem, path):
        return bool(filesystem.exists(path) or filesystem.find(path))


def delete_folder(location: str) -> None:
    """Delete a folder and all that is below it; nothing there is no error."""
    with _opened(location) as (filesystem, path):
        if path.strip("/").count("/") < 1:
            raise Rejected(
                f"{location} is too near the root of its storage to be deleted",
                still_true="Nothing was deleted.",
            )
        try:
            filesystem.rm(path, recursive=True)
        except FileNotFoundError:
            return


def delete_metadata(location: str) -> None:
    """Delete what makes a snapshot restorable, before the rest of it; none there is no error."""
    with _opened(location) as (filesystem, path):
        try:
            filesystem.rm_file(f"{path}/{METADATA_FILE}")
        except FileNotFoundError:
            return


def delete_if_empty(location: str) -> None:
    """Delete a folder that holds nothing; object stores have no such folders."""
    with _opened(location) as (filesystem, path):
        if filesystem.isdir(path) and not filesystem.ls(path):
            filesystem.rmdir(path)


@contextmanager
def _opened(location: str) -> Iterator[tuple[Any, str]]:
    """The file system of a location and the path in it.

    Raises:
        Rejected: nothing is installed that speaks the location's protocol.
        Unavailable: the storage does not answer or does not let us in.

    """
    url = fsspec_url(location)
    scheme = "file" if url.startswith("/") else url.partition("://")[0]
    if scheme == url:
        # fsspec would take it as relative to wherever this process was started.
        raise _unreadable(f"{location!r} is no absolute location of state")
    if scheme not in _STORAGES or "::" in url:
        # fsspec would go to any server that somebody names, `::` chains one to another.
        raise _unreadable(f"{location!r} cannot be read from here: it is no storage of state")
    try:
        filesystem, path = fsspec.core.url_to_fs(url)
        filesystem.invalidate_cache()
        yield filesystem, str(path).rstrip("/")
    except HeadgateError:
        raise
    except (ImportError, ValueError) as error:
        raise _unreadable(
            f"{plain_location(location)} cannot be read from here: {error}"
        ) from error
    except Exception as error:  # every protocol of fsspec has errors of its own
        raise Unavailable(
            f"the state storage at {plain_location(location)} does not answer: "
            f"{type(error).__name__}: {error}",
            next_step="check `state` in headgate.toml, and that the storage can be reached",
        ) from error


def _unreadable(what: str) -> Rejected:
    return Rejected(
        what,
        still_true="Nothing was changed.",
        next_step="correct `state` in headgate.toml, or the location that was named: a folder, or "
        "s3://, s3a://, s3p://",
    )


def _same_path(one: str, other: str) -> bool:
    return one.strip("/") == other.strip("/")


def _spelled(url: str, location: str) -> str:
    """What was found below a location as Flink spells it: `file:/a`, `s3a://bucket/a`."""
    return as_flink_uri(plain_location(spelled_like(url, location)))


def _modified(details: dict[str, Any]) -> Any:  # noqa: ANN401 - seconds or a time, or nothing
    """Listings of object stores may leave it out."""
    return details.get("mtime") or details.get("LastModified") or details.get("last_modified")


def _folder(location: str, details: dict[str, Any]) -> SnapshotFolder:
    modified = _modified(details) or 0
    at = modified if isinstance(modified, datetime) else datetime.fromtimestamp(modified, tz=UTC)
    return SnapshotFolder(location, int(details["size"]), at)
