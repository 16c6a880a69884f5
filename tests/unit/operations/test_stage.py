"""What a job runs from: staged whole or not at all, and recognised when it was changed."""

import errno
import os
from pathlib import Path

import pytest
from headgate.ids import JobName
from headgate.operations.stage import Artefacts, Staged, stage

ARTEFACTS = Artefacts(
    JobName("device-minutes"),
    (("binding.json", b"{}"), ("headgate_runtime/driver.py", b"print(1)"), ("plan.json", b"[]")),
)


@pytest.fixture
def staged(tmp_path: Path) -> Staged:
    return stage(tmp_path, ARTEFACTS)


def edit(file: Path) -> None:
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")


CHANGES = {
    "a file is edited": lambda folder: edit(folder / "headgate_runtime" / "driver.py"),
    "a file is gone": lambda folder: (folder / "plan.json").unlink(),
    "a file has another name": lambda folder: (folder / "plan.json").rename(folder / "plans.json"),
    "a file is added": lambda folder: (folder / "more.py").write_text(""),
    "the folder is gone": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_was_changed_is_no_longer_whole(staged: Staged, case: str) -> None:
    assert staged.is_whole
    CHANGES[case](staged.folder)
    assert not staged.is_whole


def test_caches_of_python_are_no_change(staged: Staged) -> None:
    cache = staged.folder / "headgate_runtime" / "__pycache__"
    cache.mkdir()
    (cache / "driver.cpython-311.pyc").write_bytes(b"bytecode")
    assert staged.is_whole


def test_staged_again_is_the_same_folder(tmp_path: Path, staged: Staged) -> None:
    assert stage(tmp_path, ARTEFACTS) == staged
    assert [file.name for file in staged.folder.parent.iterdir()] == [staged.digest]


def test_nothing_is_left_where_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, content: bytes) -> int:
        if self.name == "plan.json":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))
        with self.open("wb") as file:
            return file.write(content)

    monkeypatch.setattr(Path, "write_bytes", full)

    with pytest.raises(OSError, match="No space left"):
        stage(tmp_path, ARTEFACTS)

    assert list((tmp_path / "device-minutes").iterdir()) == []
