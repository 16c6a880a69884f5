"""When a proof calls a savepoint broken: only for what lies in its own files."""

from datetime import UTC, datetime

import pytest
from headgate.clients.flink.pictures import CheckpointCounts, JobPicture, RestoredFrom, Vertex
from headgate.ids import FlinkJobId
from headgate.plan.health import Verdict
from headgate.plan.restore_proof import proof_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASKED = "file:/state/savepoint-1"
ON_READING = (
    "java.lang.Exception: Exception while creating StreamOperatorStateContext. / "
    "Caused by: java.io.EOFException"
)
GIVEN_UP = (
    "org.apache.flink.runtime.JobException: Recovery is suppressed by "
    "FixedDelayRestartBackoffTimeStrategy(maxNumberRestartAttempts=3) / "
    "Caused by: java.io.EOFException"
)
WORKER = (
    "java.lang.RuntimeException: Failed to create stage bundle factory / "
    "Caused by: java.lang.IllegalStateException: Process died with exit code 137"
)


def picture(
    state: str, *exceptions: str, completed: int = 0, restored: str | None = ASKED
) -> JobPicture:
    return JobPicture(
        id=FlinkJobId("shadow"),
        name="minutes.rehearsal",
        state=state,
        started_at=NOON,
        vertices=(Vertex("v", "v", "RUNNING", 1, 0, 0, is_source=True),),
        checkpoints=CheckpointCounts(completed=completed, restored=1),
        restored=RestoredFrom(restored, NOON) if restored else None,
        exceptions=exceptions,
    )


LIVE = picture("RUNNING", completed=5)
NO_ANSWER = (f"{ON_READING.partition('java.io')[0]}java.net.SocketTimeoutException: Read",)
OTHER_FILE = f"{ON_READING.partition('java.io')[0]}java.io.IOException: Unexpected version 7"
BROKEN = (GIVEN_UP, ON_READING, ON_READING)
CASES = {
    "its files cannot be read": (picture("FAILED", *BROKEN), LIVE, "broken"),
    "storage did not answer": (picture("FAILED", GIVEN_UP, *NO_ANSWER), LIVE, "undecided"),
    "its file is not what it was": (picture("FAILED", GIVEN_UP, OTHER_FILE), LIVE, "broken"),
    "another snapshot was restored": (
        picture("FAILED", *BROKEN, restored="file:/state/chk-4"),
        LIVE,
        "undecided",
    ),
    "cancelled by hand": (picture("CANCELED"), LIVE, "undecided"),
    "cancelled by hand while it fails": (picture("CANCELED", ON_READING), LIVE, "undecided"),
    "its end was reached": (picture("FINISHED"), LIVE, "undecided"),
    "a Python worker dies in it": (picture("FAILED", GIVEN_UP, WORKER), LIVE, "undecided"),
    "a worker died too": (picture("FAILED", GIVEN_UP, WORKER, ON_READING), LIVE, "undecided"),
    "only its end is told": (picture("FAILED", GIVEN_UP), LIVE, "undecided"),
    "nothing is told": (picture("FAILED"), LIVE, "undecided"),
    "it was never restored": (picture("FAILED", *BROKEN, restored=None), LIVE, "undecided"),
    "it has worked before": (picture("FAILED", *BROKEN, completed=1), LIVE, "undecided"),
    "the live job does not work": (
        picture("FAILED", *BROKEN),
        picture("RUNNING", completed=0),
        "undecided",
    ),
    "the live job is not seen": (picture("FAILED", *BROKEN), None, "undecided"),
}


@pytest.mark.parametrize("case", CASES)
def test_savepoint_is(case: str) -> None:
    shadow, live, wanted = CASES[case]
    verdict = Verdict("failing", "it has ended")
    proof = proof_of(verdict, shadow, live, restored=ASKED, is_late=False)
    assert proof is not None
    assert proof.verdict == wanted, proof
    if wanted == "broken":
        assert "its files cannot be read: java.lang.Exception" in proof.reason


def test_proof_is_waited_for() -> None:
    waiting = Verdict("waiting", "0 of 1 checkpoints")
    running = picture("RUNNING")
    assert proof_of(waiting, running, None, restored=ASKED, is_late=False) is None
    late = proof_of(waiting, running, None, restored=ASKED, is_late=True)
    assert late is not None
    assert late.verdict == "undecided"
