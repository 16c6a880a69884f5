"""A snapshot is blamed for a failed restore only when nothing else explains it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from headgate.clients.flink.pictures import CheckpointCounts, JobPicture, RestoredFrom
from headgate.ids import FlinkJobId
from headgate.plan.unreadable_state import unreadable_state

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = "file:/state/checkpoints/beats/aa/chk-7"
READING = "java.lang.Exception: Exception while creating StreamOperatorStateContext."
CUT = f"{READING} / Caused by: java.io.EOFException"
SHARED = "/state/checkpoints/beats/aa/shared/40f0381e-3de6"
LOST = f"{READING} / Caused by: java.io.FileNotFoundException: {SHARED} (No such file or directory)"
ON_S3 = (
    f"{READING} / Caused by: java.io.FileNotFoundException: No such file or directory: "
    "s3a://bucket/state/aa/shared/40f0381e"
)
PICTURE = JobPicture(
    FlinkJobId("bb"),
    "beats",
    "RESTARTING",
    NOON,
    (),
    CheckpointCounts(restored=3),
    RestoredFrom(ASKED.removeprefix("file:"), NOON),
    exceptions=(CUT, CUT),
)


@pytest.mark.parametrize(
    ("exceptions", "missing"),
    [
        ((CUT, CUT), None),
        ((LOST, LOST), SHARED),
        ((LOST, CUT), SHARED),
        ((ON_S3, ON_S3), "s3a://bucket/state/aa/shared/40f0381e"),
    ],
)
def test_blamed_when_its_files_are_missing_or_cut_off(
    exceptions: tuple[str, ...], missing: str | None
) -> None:
    told = unreadable_state(replace(PICTURE, exceptions=exceptions), ASKED)

    assert told is not None
    assert told.missing == missing


def test_job_that_has_ended_needs_to_have_failed_only_once() -> None:
    assert unreadable_state(replace(PICTURE, state="FAILED", exceptions=(CUT,)), ASKED) is not None


NOT_ITS_FAULT = {
    "failed once, and is tried again": {"exceptions": (CUT,)},
    "nothing is told": {"exceptions": ()},
    "failed otherwise too": {"exceptions": (CUT, "java.lang.Exception: Kafka is away", CUT)},
    "the code fails": {"exceptions": ("java.lang.NullPointerException",) * 2},
    "a file is cut off that is no state": {
        "exceptions": ("java.io.IOException: x / Caused by: java.io.EOFException",) * 2
    },
    "the storage does not answer": {
        "exceptions": (f"{READING} / Caused by: java.net.ConnectException: refused",) * 2
    },
    "the state does not fit": {
        "exceptions": (
            f"{READING} / Caused by: org.apache.flink.util.StateMigrationException: other type",
        )
        * 2
    },
    "it has worked": {"checkpoints": CheckpointCounts(completed=1, restored=1)},
    "it was restored from something else": {"restored": RestoredFrom("/state/chk-6", NOON)},
    "it was not restored": {"restored": None},
}


@pytest.mark.parametrize("case", NOT_ITS_FAULT)
def test_not_blamed_when(case: str) -> None:
    picture = replace(PICTURE, **NOT_ITS_FAULT[case])  # type: ignore[arg-type]
    assert unreadable_state(picture, ASKED) is None
