"""What is seen of snapshots in a folder of this machine; `tests/system` asks an S3 server too."""

from pathlib import Path

import pytest
from harness.storage_cases import Put, StorageCases
from headgate.clients.storage import delete_folder, delete_if_empty
from headgate.errors import Rejected


class TestLocalFolder(StorageCases):
    @pytest.fixture
    def root(self, tmp_path: Path) -> str:
        return f"file:{tmp_path}/state"

    @pytest.fixture
    def put(self, tmp_path: Path) -> Put:
        def put(name: str, content: bytes) -> None:
            file = tmp_path / "state" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)

        return put


def test_only_an_empty_folder_is_deleted_as_empty(tmp_path: Path) -> None:
    (tmp_path / "full" / "savepoint-1").mkdir(parents=True)
    (tmp_path / "empty").mkdir()

    delete_if_empty(f"file:{tmp_path}/full")
    delete_if_empty(f"file:{tmp_path}/empty")

    assert [folder.name for folder in tmp_path.iterdir()] == ["full"]


@pytest.mark.parametrize("location", ["/", "/srv", "file:/", "file:/var/", "", ".", "a/b/c"])
def test_folder_near_the_root_or_of_no_certain_place_is_never_deleted(location: str) -> None:
    with pytest.raises(Rejected, match=r"too near the root|no absolute location"):
        delete_folder(location)


def test_unknown_protocol_is_refused_with_the_next_step() -> None:
    with pytest.raises(Rejected, match="cannot be read from here") as refused:
        delete_folder("gopher://a/b/c")
    assert "s3://" in str(refused.value)
