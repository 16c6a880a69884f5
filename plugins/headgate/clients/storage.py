"""State storage: savepoints and checkpoints as folders, wherever fsspec reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fsspec

from headgate.clients.locations import as_flink_uri, plain_location

METADATA_FILE = "_metadata"


@dataclass(frozen=True)
class SnapshotFolder:
    """A folder that holds a whole snapshot: its `_metadata` is there and not empty."""

    location: str
    metadata_bytes: int
    modified_at: datetime


def snapshot_at(location: str) -> SnapshotFolder | None:
    """The snapshot at a location; None if `_metadata` is missing or empty."""
    filesystem, path = _open(location)
    try:
        details = filesystem.info(f"{path.rstrip('/')}/{METADATA_FILE}")
    except FileNotFoundError:
        return None
    return _folder(location, details) if details["size"] else None


def snapshots_below(location: str) -> Sequence[SnapshotFolder]:
    """Whole snapshots one or two levels below a location, newest first."""
    filesystem, path = _open(location)
    found = []
    for pattern in (f"*/{METADATA_FILE}", f"*/*/{METADATA_FILE}"):
        details = filesystem.glob(f"{path.rstrip('/')}/{pattern}", detail=True)
        for file, entry in details.items():
            folder = file.removesuffix(f"/{METADATA_FILE}")
            if entry["size"]:
                found.append(_folder(as_flink_uri(filesystem.unstrip_protocol(folder)), entry))
    return sorted(found, key=lambda snapshot: snapshot.modified_at, reverse=True)


def _open(location: str) -> tuple[Any, str]:
    filesystem, path = fsspec.core.url_to_fs(plain_location(location))
    # Flink writes beside us: what fsspec has listed before may be old.
    filesystem.invalidate_cache()
    return filesystem, str(path)


def _folder(location: str, details: dict[str, Any]) -> SnapshotFolder:
    modified = details.get("mtime") or details.get("LastModified") or 0
    at = modified if isinstance(modified, datetime) else datetime.fromtimestamp(modified, tz=UTC)
    return SnapshotFolder(location, int(details["size"]), at)
