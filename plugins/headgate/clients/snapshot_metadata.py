"""What a snapshot's `_metadata` shows without Flink: whether it is whole, and its number."""

import re
from dataclasses import dataclass

from headgate.clients.storage import MAGIC_NUMBER, METADATA_FILE, read_head_and_tail

_MEASURED_VERSION = 6
"""Of the format that Flink 2.2 and 2.3 write; of another nothing is said."""
_PROPERTIES = b"org.apache.flink.runtime.checkpoint.CheckpointProperties"
_LAST_CONSTANT = re.compile(rb"t\x00(.)([A-Z_]+)\Z", re.DOTALL)
"""Java's serialized string at the very end: the name of the last enum constant."""
_HEAD, _TAIL = 16, 4096


@dataclass(frozen=True)
class SnapshotMetadata:
    """`problem` says why the snapshot cannot be restored; None if nothing speaks against it."""

    problem: str | None
    checkpoint_id: int | None
    """Its number in the row of the checkpoints and savepoints of its job; None if unreadable."""


def metadata_problem(location: str) -> str | None:
    """Why the snapshot at a location cannot be restored; None if nothing speaks against it."""
    return read_metadata(location).problem


def read_metadata(location: str) -> SnapshotMetadata:
    """Read both ends of `_metadata`.

    Behind magic number and version Flink writes the checkpoint id, eight bytes, in every version
    of the format (`MetadataV2V3SerializerBase.serializeMetadata`; seen in snapshots of 2.2 and
    2.3). It writes the properties of the snapshot behind everything else, as one serialized Java
    object (`MetadataV4Serializer` and later), whose last bytes are the name of an enum constant.
    A file that was cut off does not end so.
    """
    found = read_head_and_tail(location, METADATA_FILE, head=_HEAD, tail=_TAIL)
    if found is None:
        return SnapshotMetadata(f"its {METADATA_FILE} is missing or empty", None)
    head, tail = found
    if int.from_bytes(head[:4], "big") != MAGIC_NUMBER:
        return SnapshotMetadata(f"its {METADATA_FILE} is not one of Flink's", None)
    number = int.from_bytes(head[8:], "big", signed=True) if len(head) == _HEAD else None
    return SnapshotMetadata(_end_problem(head, tail), number)


def _end_problem(head: bytes, tail: bytes) -> str | None:
    if int.from_bytes(head[4:8], "big") != _MEASURED_VERSION:
        return None
    last = _LAST_CONSTANT.search(tail)
    if _PROPERTIES not in tail or last is None or last[1][0] != len(last[2]):
        return f"its {METADATA_FILE} is cut off"
    return None
