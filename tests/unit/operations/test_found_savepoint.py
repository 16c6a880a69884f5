"""Which savepoint a trigger has left: what Flink tells is believed of the operation's folder."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness.fake_flink import MAGIC
from headgate.clients.flink import CompletedSavepoint, SavepointStatus
from headgate.operations.savepointing.found_savepoint import found_savepoint


def savepoint(folder: Path, name: str = "savepoint-1") -> str:
    place = folder / name
    place.mkdir(parents=True)
    (place / "_metadata").write_bytes(MAGIC + b"rest")
    return f"file:{place}"


def told(location: str | None, failure: str | None = None) -> SavepointStatus:
    return SavepointStatus(in_progress=False, location=location, failure=failure)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def test_place_in_the_own_folder_is_believed(own: Path) -> None:
    location = savepoint(own)
    found = found_savepoint(f"file:{own}", told(location))
    assert found is not None
    assert (found.location, found.problem) == (location, None)


@pytest.mark.parametrize("there", [True, False])
def test_place_elsewhere_or_of_nothing_gives_way_to_the_own_folder(own: Path, there: bool) -> None:
    location = savepoint(own)
    elsewhere = savepoint(own.parent / "older") if there else f"file:{own}/savepoint-2"
    found = found_savepoint(f"file:{own}", told(elsewhere))
    assert found is not None
    assert (found.location, found.problem) == (location, None)


def test_place_elsewhere_alone_is_told_and_is_none(own: Path) -> None:
    elsewhere = savepoint(own.parent / "older")
    found = found_savepoint(f"file:{own}", told(elsewhere))
    assert found is not None
    assert found.location == elsewhere
    assert found.problem == f"it was to be written below file:{own}"


def test_failure_is_none_also_where_there_was_one_before(own: Path) -> None:
    savepoint(own)
    assert found_savepoint(f"file:{own}", told(None, "disk full")) is None


def test_trigger_that_is_not_known_is_made_up_for_by_looking(own: Path) -> None:
    location = savepoint(own)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    last = CompletedSavepoint(location, at, timedelta(seconds=1))

    found = found_savepoint(f"file:{own}", None)
    assert found is not None
    assert found.location == location
    assert found_savepoint(f"file:{own.parent}/other", None, last) is None
