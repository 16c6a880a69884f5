"""A few operations of one kind at a cluster at a time; one that hangs holds up only its own."""

from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject
from headgate.ids import JobName, OperationId
from headgate.ledger.records import OperationRecord
from headgate.operations.cluster_turn import AT_A_TIME, TURN_ENDS
from headgate.operations.engine.engine import Engine, Progress, Waiting
from headgate.operations.engine.running import open_engine, operation_of


def engine(project: OfflineProject, job: str, kind: str = "savepoint") -> Engine:
    services, name = project.services, JobName(job)
    request = operation_of(kind).request(services, name, {})
    operation_id = OperationId(f"{kind} {job}")
    return open_engine(services, kind, name, request, operation_id=operation_id, surface="t")


def several(project: OfflineProject) -> list[Engine]:
    """One more than there are turns, each at a savepoint that takes its time."""
    jobs = [f"job-{number}" for number in range(AT_A_TIME + 1)]
    for job in jobs:
        project.job(job).looks_until_written = 3
    return [engine(project, job) for job in jobs]


def step_of(progress: Progress) -> str:
    return progress.step if isinstance(progress, Waiting) else progress.state


def test_the_next_waits_until_one_has_ended(project: OfflineProject) -> None:
    *first, last = several(project)

    assert {step_of(one.advance()) for one in first} == {"Take a savepoint"}
    waiting = last.advance()
    assert isinstance(waiting, Waiting)
    assert waiting.note == f"{AT_A_TIME} others (savepoint) are at work on Flink 2.3"
    assert last.peek() is not None, "the triggerer goes on waiting"

    assert isinstance(first[0].run(), OperationRecord)

    assert last.peek() is None
    assert step_of(last.advance()) == "Take a savepoint"
    assert last.run().state == "succeeded"


def test_waiting_asks_the_ledger_and_never_the_cluster(project: OfflineProject) -> None:
    *first, last = several(project)
    for one in first:
        one.advance()
    project.flink.calls.clear()

    for _ in range(10):
        last.advance()
        last.peek()

    assert sum(project.flink.calls.values()) == 0


def test_those_that_hang_keep_the_others_away_for_a_while_only(project: OfflineProject) -> None:
    *first, last = several(project)
    for one in first:
        one.advance()
    last.advance()
    project.time.at += TURN_ENDS

    assert step_of(last.advance()) == "Take a savepoint"


def test_another_kind_does_not_wait(project: OfflineProject) -> None:
    *first, _ = several(project)
    for one in first:
        one.advance()
    project.job("other")

    assert engine(project, "other", "recover").run().state == "succeeded"


def test_unreachable_cluster_still_ends_it_before_any_effect(project: OfflineProject) -> None:
    """Waiting for a turn is no effect: an operation that found no server leaves nothing open."""
    project.job("job")
    savepoint = engine(project, "job")
    project.flink.close()

    assert savepoint.run().state == "failed"


def test_operation_begun_before_there_were_turns_goes_on(project: OfflineProject) -> None:
    project.job("job")
    savepoint = engine(project, "job")
    lease = project.services.ledger.lease(JobName("job"))
    assert lease is not None
    project.services.ledger.intend_step(lease, "find", 0, {})

    assert savepoint.run().state == "succeeded"


def test_each_cluster_has_its_own_turns(project: OfflineProject) -> None:
    """The turns of one address say nothing of those of another."""
    *first, _ = several(project)
    for one in first:
        one.advance()
    project.flink.close()
    again = FakeFlink(lambda: project.time.at)
    again.jobs = project.flink.jobs
    project.environment.flink["2.3"] = project.environment.flink["2.3"].model_copy(
        update={"rest": again.address}
    )

    assert step_of(engine(project, f"job-{AT_A_TIME}").advance()) == "Take a savepoint"
    again.close()
