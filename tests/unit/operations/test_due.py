"""Which jobs are due for a savepoint, its proof or a disposal, whatever is wrong with others."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from harness.offline_project import START, OfflineProject
from headgate.clients.flink import rest
from headgate.errors import Rejected, SpecError, Unavailable
from headgate.ids import FlinkLineName, JobName
from headgate.ledger.records import OperationRecord
from headgate.operations.declared_one_by_one import declared_by_itself
from headgate.operations.deployment.bound_job import bind, bind_by_itself
from headgate.operations.deployment.driver_turn import only_driver_of
from headgate.operations.disposing import delete_savepoints
from headgate.operations.disposing.overdue import jobs_to_dispose_for
from headgate.operations.engine.running import operation_of, run_operation, succeeded
from headgate.operations.engine.step import Run
from headgate.operations.known_job import Known, declared_alone, known_jobs
from headgate.operations.look_at_job import look_at_jobs
from headgate.operations.savepointing.considered import (
    Considered,
    due_for_proof,
    due_for_savepoint,
)

SIX_HOURS = timedelta(hours=6)
LONG = timedelta(minutes=30)


def savepoints(project: OfflineProject) -> dict[str, Considered]:
    return {one.job: one for one in due_for_savepoint(project.services)}


def proofs(project: OfflineProject) -> dict[str, Considered]:
    return {one.job: one for one in due_for_proof(project.services)}


def break_files(project: OfflineProject, job: str) -> None:
    (project.root / "flink_jobs" / job / "job.yaml").write_text("description: [")


def test_wrong_job_is_skipped_by_name_and_the_others_are_due(project: OfflineProject) -> None:
    for name in ("fine", "wrong"):
        project.job(name, prove=True, keep=1)
        project.savepoint(name, START)
        project.savepoint(name, START + timedelta(minutes=1))
    break_files(project, "wrong")
    project.time.at += timedelta(hours=7)

    for considered in (savepoints(project), proofs(project)):
        assert considered["fine"].is_due
        assert not considered["wrong"].is_due
        assert "its files are wrong" in considered["wrong"].reason
        assert "wrong/job.yaml:1" in considered["wrong"].reason
    assert list(jobs_to_dispose_for(project.services)) == ["fine"]
    for kind in ("dispose_savepoints", "prove"):
        assert operation_of(kind).request(project.services, JobName("fine"), {}) == {}
        with pytest.raises(SpecError, match=r"wrong/job\.yaml"):
            operation_of(kind).request(project.services, JobName("wrong"), {})
        with pytest.raises(Rejected, match="no job"):
            operation_of(kind).request(project.services, JobName("nowhere"), {})


def test_proof_is_bound_whatever_the_files_of_other_jobs_say(project: OfflineProject) -> None:
    project.job("fine")
    project.job("wrong")
    break_files(project, "wrong")
    digest = declared_by_itself(project.services, JobName("fine")).digest

    with pytest.raises(SpecError, match=r"wrong/job\.yaml"):
        bind(project.services, JobName("fine"), digest)
    with pytest.raises(Unavailable, match="registry"):
        bind_by_itself(project.services, JobName("fine"), digest)


def test_own_kind_left_open_is_due_and_what_is_worked_on_is_skipped(
    project: OfflineProject,
) -> None:
    project.job("job")
    project.lease("job", "s", kind="savepoint")
    assert "savepoint s job is under way" in savepoints(project)["job"].reason

    project.time.at += LONG
    left = savepoints(project)["job"]

    assert (left.is_due, left.reason) == (True, "savepoint s job was left open")
    project.flink.jobs.clear()
    assert savepoints(project)["job"].is_due, "also of a job that is lost"


def test_proof_left_open_keeps_no_savepoint_from_being_due(project: OfflineProject) -> None:
    project.job("job")
    project.lease("job", "p", kind="prove")
    project.time.at += LONG
    assert "not due until" in savepoints(project)["job"].reason
    project.time.at += SIX_HOURS
    assert savepoints(project)["job"].is_due
    assert proofs(project)["job"].reason == "prove p job was left open"

    project.flink.jobs.clear()
    assert "not healthy, missing" in savepoints(project)["job"].reason


def test_deployment_left_open_is_told_and_not_due(project: OfflineProject) -> None:
    project.job("job")
    project.lease("job", "d", kind="deploy")
    project.time.at += timedelta(hours=7)

    considered = savepoints(project)["job"]

    assert (considered.is_due, considered.reason) == (False, "deploy d job was left open")


def test_due_and_not_healthy_is_skipped_with_the_reason(project: OfflineProject) -> None:
    for name in ("fine", "ill", "stopped-since"):
        project.job(name)
    project.flink.jobs = {i: job for i, job in project.flink.jobs.items() if job.name != "ill"}
    project.time.at += timedelta(hours=7)

    considered = savepoints(project)

    assert [name for name, one in considered.items() if one.is_due] == ["fine", "stopped-since"]
    assert considered["ill"].reason.startswith("not healthy, missing: Flink does not know")


class HungCluster:
    """Takes connections and says nothing. `asked` counts them."""

    def __init__(self) -> None:
        self.taken: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                self.taken.append(self._server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for one in self.taken:
            one.close()


@pytest.fixture
def hung(project: OfflineProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[HungCluster]:
    """The environment's second cluster, line 2.2."""
    monkeypatch.setattr(rest, "ANSWERS_WITHIN", timedelta(milliseconds=300))
    cluster = HungCluster()
    clusters = project.environment.flink
    clusters["2.2"] = clusters["2.3"].model_copy(update={"rest": cluster.address})
    yield cluster
    cluster.close()


def on_line(known: Known, line: str) -> Known:
    assert known.latest is not None
    return replace(known, latest=replace(known.latest, line=FlinkLineName(line)))


def test_hung_cluster_is_asked_about_few_jobs_and_those_of_others_are_seen(
    project: OfflineProject, hung: HungCluster
) -> None:
    names = [JobName(f"job-{number:02}") for number in range(40)]
    for name in names:
        project.job(name)
    services = project.services
    known = known_jobs(services, {name: declared_alone(services, name) for name in names})
    of_both = [on_line(one, ("2.2", "2.3")[number % 2]) for number, one in enumerate(known)]

    looks = look_at_jobs(services, of_both, asks_kafka=False)

    assert [look.status.state for look in looks] == ["unknown", "healthy"] * 20
    assert all("Flink 2.2" in look.status.reason for look in looks[::2])
    assert len(hung.taken) <= 16, "two tries of each of eight threads, and no job after them"


def disposed(project: OfflineProject, job: str) -> OperationRecord:
    services, kind, name = project.services, "dispose_savepoints", JobName(job)
    request = operation_of(kind).request(services, name, {})
    return run_operation(services, kind, name, request, surface="t")


def with_superfluous(project: OfflineProject, job: str, count: int) -> list[str]:
    project.job(job, keep=1)
    taken = [project.savepoint(job, START + timedelta(hours=n)) for n in range(count + 1)]
    project.time.at = START + timedelta(hours=count + 1)
    return [record.location for record in taken[:-1]]


def test_hung_cluster_is_asked_once_for_all_disposals(
    project: OfflineProject, hung: HungCluster
) -> None:
    project.environment.flink["2.4"] = project.environment.flink.pop("2.2")
    project.flink.disposes = False
    superfluous = with_superfluous(project, "job", 3)

    succeeded(disposed(project, "job"))

    assert sorted(project.flink.disposals) == sorted(superfluous)
    assert len(hung.taken) == 2, "the two tries of one question"


def test_disposal_that_takes_long_gives_the_worker_back_and_goes_on(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    superfluous = with_superfluous(project, "job", 3)

    with monkeypatch.context() as patched:
        patched.setattr(delete_savepoints, "_AT_ONCE", timedelta(seconds=-1))
        with pytest.raises(Unavailable, match="takes longer"):
            disposed(project, "job")

    states = [one.state for one in project.services.ledger.snapshots(JobName("job"))]
    assert states == ["whole", "disposing", "disposing", "disposing"]
    succeeded(disposed(project, "job"))
    assert sorted(project.flink.disposals) == sorted(superfluous)


def test_driver_turn_is_awaited_for_seconds_only(project: OfflineProject) -> None:
    """A worker is held meanwhile, for which others wait."""
    services = project.services
    leases = [project.lease(name, "d", kind="deploy") for name in ("one", "two")]
    runs = []
    for lease in leases:
        operation = services.ledger.operation(lease.operation_id)
        assert operation is not None
        runs.append(Run(operation, lease, services, {}))
    client = services.flink(FlinkLineName("2.3"))

    second = only_driver_of(runs[1], client)
    with only_driver_of(runs[0], client), pytest.raises(Unavailable, match="another submission"):
        second.__enter__()

    assert timedelta(0) < project.time.slept < timedelta(seconds=10)
