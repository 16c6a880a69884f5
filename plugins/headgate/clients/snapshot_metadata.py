"""Whether a snapshot's `_metadata` is whole, as far as that shows without Flink."""

import re

from headgate.clients.storage import MAGIC_NUMBER, METADATA_FILE, read_head_and_tail

_MEASURED_VERSION = 6
"""Of the format that Flink 2.2 and 2.3 write; of another nothing is said."""
_PROPERTIES = b"org.apache.flink.runtime.checkpoint.CheckpointProperties"
_LAST_CONSTANT = re.compile(rb"t\x00(.)([A-Z_]+)\Z", re.DOTALL)
"""Java's serialized string at the very end: the name of the last enum constant."""
_TAIL = 4096


def metadata_problem(location: str) -> str | None:
    """Why the snapshot at a location cannot be restored; None if nothing speaks against it.

    Flink writes the properties of the snapshot behind everything else, as one serialized Java
    object (`MetadataV4Serializer` and later), whose last bytes are the name of an enum constant.
    A file that was cut off does not end so.
    """
    found = read_head_and_tail(location, METADATA_FILE, tail=_TAIL)
    if found is None:
        return f"its {METADATA_FILE} is missing or empty"
    head, tail = found
    if int.from_bytes(head[:4], "big") != MAGIC_NUMBER:
        return f"its {METADATA_FILE} is not one of Flink's"
    if int.from_bytes(head[4:8], "big") != _MEASURED_VERSION:
        return None
    last = _LAST_CONSTANT.search(tail)
    if _PROPERTIES not in tail or last is None or last[1][0] != len(last[2]):
        return f"its {METADATA_FILE} is cut off"
    return None
