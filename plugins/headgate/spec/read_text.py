"""Read a declared file as text: UTF-8, of a sane size, without control characters."""

import re
from pathlib import Path

from headgate.errors import Finding, SpecError

LIMIT = 256 * 1024
"""Bytes. A hundred times the longest file a person would write, and still parsed in seconds."""

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def read_text(file: Path, limit: int = LIMIT) -> str:
    """The text of a file. Raises `SpecError` if it is missing, unreadable, too large or binary."""
    try:
        raw = _read_bytes(file, limit)
    except FileNotFoundError:
        raise SpecError([Finding(file, 1, "the file is missing")]) from None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise SpecError([Finding(file, 1, message)]) from error
    if len(raw) > limit:
        message = f"the file is larger than {limit // 1024} KiB"
        raise SpecError([Finding(file, 1, message)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SpecError([Finding(file, line, "the file is not UTF-8 text")]) from None
    control = _CONTROL.search(text)
    if control:
        line = text.count("\n", 0, control.start()) + 1
        message = f"control character U+{ord(control[0]):04X}; only text is allowed"
        raise SpecError([Finding(file, line, message)])
    return text.replace("\r\n", "\n")


def _read_bytes(file: Path, limit: int) -> bytes:
    if file.exists() and not file.is_file():
        raise SpecError([Finding(file, 1, "this is not a file")])
    with file.open("rb") as stream:
        return stream.read(limit + 1)
