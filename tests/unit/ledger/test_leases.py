"""One operation per job, and the late write of a former holder is refused."""

from dataclasses import replace

import pytest
from headgate.errors import Unavailable
from headgate.ids import JobName, OperationId
from headgate.ledger.database import open_database
from headgate.ledger.errors import AnotherOperation, Busy, Ended, Superseded
from headgate.ledger.ledger import Ledger
from headgate.ledger.records import LeaseRecord

JOB = JobName("device-minutes")


def take(
    ledger: Ledger, operation: str, kind: str = "deploy", holder: str = "host:1"
) -> LeaseRecord:
    return ledger.open_operation(
        OperationId(operation), kind, JOB, {"n": 1}, surface="test", holder=holder
    )


def test_lease_of_free_job_is_taken_with_fence_1(ledger: Ledger) -> None:
    assert take(ledger, "first").fence == 1


def test_lease_of_busy_job_is_refused_and_names_the_holder(ledger: Ledger) -> None:
    take(ledger, "first", holder="host:41")

    with pytest.raises(Busy, match=r"deploy is under way .*first.*host:41"):
        take(ledger, "second", kind="stop")

    assert ledger.operation(OperationId("second")) is None


def test_lease_after_the_operation_ended_goes_to_the_next_one(ledger: Ledger) -> None:
    ledger.end_operation(take(ledger, "first"), "succeeded")

    assert take(ledger, "second").fence == 2


def test_same_operation_taken_over_fences_out_its_former_holder(ledger: Ledger) -> None:
    former = take(ledger, "first", holder="host:1")
    ledger.intend_step(former, "submit", 0, {"id": "x"})
    later = take(ledger, "first", holder="host:2")

    for write in (
        lambda: ledger.finish_step(former, "submit", {}),
        lambda: ledger.note_progress(former, "submit", {"seen": 1}),
        lambda: ledger.intend_step(former, "next", 1, {}),
        lambda: ledger.end_operation(former, "succeeded"),
    ):
        with pytest.raises(Superseded, match="host:2"):
            write()
    ledger.finish_step(later, "submit", {"done": True})

    assert [(step.name, step.evidence) for step in ledger.steps(OperationId("first"))] == [
        ("submit", {"done": True})
    ]
    operation = ledger.running_operation(JOB)
    assert operation is not None
    assert operation.id == "first"


def test_times_come_back_with_their_zone(ledger: Ledger) -> None:
    lease = take(ledger, "first")
    operation = ledger.operation(lease.operation_id)
    assert operation is not None
    assert operation.started_at.tzinfo is not None
    assert operation.started_at == lease.taken_at


def test_ledger_that_cannot_be_reached_is_unavailable_and_shows_no_password() -> None:
    with pytest.raises(Unavailable) as caught:
        open_database("postgresql+psycopg://headgate@127.0.0.1:1/headgate", "s3cret-canary")

    assert "127.0.0.1:1" in str(caught.value)
    assert "s3cret-canary" not in str(caught.value)


def test_operation_that_has_ended_cannot_be_taken_up_again(ledger: Ledger) -> None:
    ledger.end_operation(take(ledger, "first"), "failed", reason="no slots", next_step="deploy")

    with pytest.raises(Ended, match="failed: no slots"):
        take(ledger, "first")

    assert take(ledger, "second").fence == 2


def test_equal_fence_of_another_operation_is_refused(ledger: Ledger) -> None:
    """Fences begin anew in a ledger that was lost and rebuilt."""
    current = take(ledger, "first")
    of_lost_ledger = replace(current, operation_id=OperationId("of the lost ledger"))

    with pytest.raises(Superseded):
        ledger.end_operation(of_lost_ledger, "succeeded")


def test_operations_are_found_by_state_and_beginning_of_their_id(ledger: Ledger) -> None:
    ledger.end_operation(take(ledger, "a1"), "succeeded")
    take(ledger, "a2")

    assert [found.id for found in ledger.operations(states=["running"])] == ["a2"]
    assert {found.id for found in ledger.operations(id_prefix="a")} == {"a1", "a2"}
    assert [found.id for found in ledger.operations(id_prefix="a%")] == []


@pytest.mark.parametrize(("kind", "job"), [("deploy", "another-job"), ("stop", JOB)])
def test_id_of_an_operation_on_another_job_gives_no_lease(
    ledger: Ledger, kind: str, job: str
) -> None:
    held = take(ledger, "first")

    with pytest.raises(AnotherOperation, match=r"first is deploy device-minutes, not"):
        ledger.open_operation(
            OperationId("first"), kind, JobName(job), {}, surface="test", holder="host:2"
        )

    assert ledger.lease(JobName("another-job")) is None
    assert ledger.lease(JOB) == held
