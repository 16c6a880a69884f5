"""What Flink wrote into a savepoint about the savepoint itself: its format and what it was for."""

import re
from dataclasses import dataclass
from typing import Literal

from headgate.clients.storage import METADATA_FILE, read_head_and_tail

_TAIL = 4096
_FORMAT = re.compile(rb"execution\.SavepointFormatType.{0,200}?(CANONICAL|NATIVE)", re.DOTALL)


@dataclass(frozen=True)
class SavepointProperties:
    """None where the file does not tell."""

    format: Literal["canonical", "native"] | None
    ended_job: Literal["stop", "drain"] | None
    """Whether its job was stopped with it, or drained; None for one of a job that went on."""


def savepoint_properties(location: str) -> SavepointProperties:
    """Read them from the end of `_metadata`.

    Flink writes them there as a serialized Java object (`MetadataV4Serializer`, since 1.15): the
    constant of `SavepointFormatType`, and the name that `SavepointType` gives a savepoint.
    """
    found = read_head_and_tail(location, METADATA_FILE, head=0, tail=_TAIL)
    end = found[1] if found else b""
    written = _FORMAT.search(end)
    return SavepointProperties(
        format=None if written is None else "native" if written[1] == b"NATIVE" else "canonical",
        ended_job="stop"
        if b"Suspend Savepoint" in end
        else "drain"
        if b"Terminate Savepoint" in end
        else None,
    )
