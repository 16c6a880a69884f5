"""Whether `_metadata` is whole, without Flink."""

from pathlib import Path

import pytest
from headgate.clients.snapshot_metadata import metadata_problem, read_metadata
from headgate.clients.storage import MAGIC_NUMBER

MAGIC = MAGIC_NUMBER.to_bytes(4, "big")
PROPERTIES = (
    b"\xac\xed\x00\x05sr\x008org.apache.flink.runtime.checkpoint.CheckpointProperties"
    b"\x00\x00\x00\x00\x00\x00\x00\x02\x02\x00\x08Z\x00\x10discardCancelled"
    b"xr\x00\x0ejava.lang.Enum\x00\x00\x00\x00\x00\x00\x00\x00\x12\x00\x00xp"
)
NUMBER = (97).to_bytes(8, "big")
WHOLE = MAGIC + b"\0\0\0\6" + NUMBER + b"state" * 2000 + PROPERTIES + b"t\x00\x10FORWARD_BACKWARD"
PROBLEMS = {
    "whole checkpoint": (WHOLE, None),
    "whole savepoint": (WHOLE.replace(b"\x10FORWARD_BACKWARD", b"\x04NONE"), None),
    "empty": (b"", "its _metadata is missing or empty"),
    "something else": (b"hello, world", "its _metadata is not one of Flink's"),
    "cut in its first bytes": (WHOLE[:3], "its _metadata is not one of Flink's"),
    "cut behind the version": (WHOLE[:8], "its _metadata is cut off"),
    "cut in the middle": (WHOLE[:5000], "its _metadata is cut off"),
    "cut before the properties": (WHOLE[: -len(PROPERTIES) - 19], "its _metadata is cut off"),
    "cut within the properties": (WHOLE[:-60], "its _metadata is cut off"),
    "cut by one byte": (WHOLE[:-1], "its _metadata is cut off"),
    "of a version that was not measured": (MAGIC + b"\0\0\0\4" + b"rest", None),
}


@pytest.mark.parametrize("case", PROBLEMS)
def test_problem_of(case: str, tmp_path: Path) -> None:
    content, problem = PROBLEMS[case]
    (tmp_path / "_metadata").write_bytes(content)
    assert metadata_problem(f"file:{tmp_path}") == problem


def test_every_cut_in_the_last_part_is_noticed(tmp_path: Path) -> None:
    for cut in range(1, len(PROPERTIES)):
        (tmp_path / "_metadata").write_bytes(WHOLE[:-cut])
        assert metadata_problem(str(tmp_path)) is not None, cut


def test_missing_folder_is_no_snapshot(tmp_path: Path) -> None:
    assert metadata_problem(str(tmp_path / "chk-1")) == "its _metadata is missing or empty"


@pytest.mark.parametrize(
    ("content", "number"),
    [
        (WHOLE, 97),
        (WHOLE[:16], 97),
        (WHOLE[:15], None),
        (MAGIC + b"\0\0\0\4" + NUMBER + b"rest", 97),
        (b"\0" * 16, None),
        (b"", None),
    ],
)
def test_number_of(content: bytes, number: int | None, tmp_path: Path) -> None:
    (tmp_path / "_metadata").write_bytes(content)
    assert read_metadata(str(tmp_path)).checkpoint_id == number
