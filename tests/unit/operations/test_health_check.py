"""The health check over recorded deployments and a small JobManager: judged, remembered, told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import Answer, FakeFlink, FakeJob
from harness.offline_project import OfflineProject, SetClock
from headgate.errors import NeedsOperator
from headgate.ids import JobName
from headgate.ledger.records import HealthLookRecord
from headgate.operations.engine.running import operation_of, run_operation
from headgate.operations.health_check import Checked, check_health, people_were_told
from headgate.operations.restoring.considered import jobs_to_recover
from headgate.operations.status import status_of_all
from headgate.operations.status_text import COLUMNS, NARROW_COLUMNS, as_plain_table, cells, remark
from headgate.spec.load import load_declared

JOB = "beats-per-second"
CALLS_PER_JOB = 6


class TellingFlink(FakeFlink):
    """Its source tells of its watermark and of its input, as those of Kafka do."""

    def _picture(self, job: FakeJob, part: str) -> Answer:
        if part != "vertices/v1/subtasks/metrics":
            return super()._picture(job, part)
        names = {"currentOutputWatermark": self._milliseconds(), "pendingRecords": 0}
        kinds = ("min", "max", "sum")
        return 200, [  # type: ignore[return-value]
            {"id": f"Source__beats.{name}", **dict.fromkeys(kinds, float(value))}
            for name, value in names.items()
        ]


@pytest.fixture
def flink() -> Iterator[FakeFlink]:
    fake = TellingFlink(lambda: SetClock().at)
    yield fake
    fake.close()


@pytest.fixture
def project(tmp_path: Path, flink: FakeFlink) -> OfflineProject:
    time = SetClock()
    flink._now = lambda: time.at
    return OfflineProject(tmp_path, flink, time)


def check(project: OfflineProject) -> dict[str, Checked]:
    return {one.status.job: one for one in check_health(project.services)}


def remembered(project: OfflineProject, job: str = JOB) -> HealthLookRecord:
    look = project.services.ledger.health_look(JobName(job))
    assert look is not None
    return look


def forgotten_by_flink(project: OfflineProject) -> None:
    project.flink.jobs.clear()


def test_healthy_job_is_remembered_and_needs_nobody(project: OfflineProject) -> None:
    project.job(JOB)
    checked = check(project)[JOB]

    assert (checked.status.state, checked.needs_attention) == ("healthy", False)
    look = remembered(project)
    assert (look.state, look.since, look.looked_at) == ("healthy", *[project.time.at] * 2)
    assert len(look.memory["samples"]) == 1


def test_since_is_when_the_state_became_what_it_is(project: OfflineProject) -> None:
    project.job(JOB)
    start = project.time.at
    for _ in range(3):
        check(project)
        project.time.at += timedelta(minutes=5)
    assert remembered(project).since == start
    assert len(remembered(project).memory["samples"]) == 3

    forgotten_by_flink(project)
    lost = project.time.at
    assert check(project)[JOB].status.since == lost
    project.time.at += timedelta(minutes=5)
    assert check(project)[JOB].status.since == lost
    assert remembered(project).memory["samples"], "what was remembered is kept"


def test_people_are_told_once_for_each_change(project: OfflineProject) -> None:
    fake = project.job(JOB)
    assert not check(project)[JOB].is_news
    forgotten_by_flink(project)

    missing = check(project)[JOB]
    assert (missing.status.state, missing.needs_attention, missing.is_news) == (
        "missing",
        True,
        True,
    )
    assert check(project)[JOB].is_news, "nobody was told yet"
    people_were_told(project.services, missing)
    again = check(project)[JOB]
    assert (again.needs_attention, again.is_news) == (True, False)

    fake.state = "FAILED"
    project.flink.jobs[fake.id] = fake
    failing = check(project)[JOB]
    assert (failing.status.state, failing.is_news) == ("failing", True)
    people_were_told(project.services, failing)
    assert not check(project)[JOB].is_news

    fake.state = "RUNNING"
    assert check(project)[JOB].status.state == "healthy"
    fake.state = "FAILED"
    assert check(project)[JOB].is_news, "it was well in between"


def test_unreachable_cluster_is_unknown_and_told_only_after_long(project: OfflineProject) -> None:
    project.job(JOB)
    check(project)
    project.flink.close()

    first = check(project)[JOB]
    assert (first.status.state, first.needs_attention) == ("unknown", False)
    assert remembered(project).memory["samples"]
    project.time.at += timedelta(minutes=15)
    later = check(project)[JOB]
    assert (later.status.state, later.needs_attention, later.is_news) == ("unknown", True, True)
    assert later.next_step == "headgate ps"


def test_job_under_an_operation_is_not_judged(project: OfflineProject) -> None:
    project.job(JOB)
    check(project)
    before = remembered(project)
    forgotten_by_flink(project)
    lease = project.lease(JOB, "upgrade", kind="upgrade")

    checked = check(project)[JOB]
    assert (checked.needs_attention, checked.recovery.is_due) == (False, False)
    assert checked.status.operation == "upgrade"
    assert remembered(project) == before

    project.time.at += timedelta(hours=1)
    stuck = check(project)[JOB]
    assert stuck.needs_attention, "an operation that never ends excuses nothing"
    assert stuck.next_step.startswith("headgate operations ")
    assert not stuck.recovery.is_due
    project.release(lease)


def test_recovery_is_due_only_where_job_yaml_allows_it(project: OfflineProject) -> None:
    for name, automatic in (("allowed", True), ("not-allowed", False)):
        project.job(name)
        folder = project.root / "flink_jobs" / name
        text = (folder / "job.yaml").read_text()
        policy = f'{{"recovery": {{"automatic": {str(automatic).lower()}}}, '
        (folder / "job.yaml").write_text(policy + text.removeprefix("{"))
    forgotten_by_flink(project)

    checked = check(project)

    assert checked["allowed"].recovery.is_due
    assert "is recovered now" in checked["allowed"].next_step
    refused = checked["not-allowed"]
    assert not refused.recovery.is_due
    assert "recovery.automatic is not set" in refused.recovery.reason
    assert refused.next_step == "headgate recover not-allowed"


def test_job_whose_files_are_wrong_is_watched_all_the_same(project: OfflineProject) -> None:
    project.job(JOB)
    (project.root / "flink_jobs" / JOB / "job.yaml").write_text("description: [")
    forgotten_by_flink(project)

    checked = check(project)[JOB]
    assert checked.status.state == "missing"
    assert not checked.recovery.is_due


def test_new_submission_begins_a_new_memory(project: OfflineProject) -> None:
    project.job(JOB)
    check(project)
    look = remembered(project)
    services = project.services
    services.ledger.write_health_look(
        replace(look, flink_job_id="another", memory={**look.memory, "told": "failing"})  # type: ignore[arg-type]
    )
    forgotten_by_flink(project)
    checked = check(project)[JOB]
    assert checked.is_news
    assert "samples" not in remembered(project).memory


def test_older_look_does_not_replace_a_newer_one(project: OfflineProject) -> None:
    project.job(JOB)
    check(project)
    newer = remembered(project)
    project.time.at -= timedelta(minutes=1)
    check(project)
    assert remembered(project) == newer


@pytest.mark.parametrize("jobs", [3, 30])
def test_calls_for_each_job_are_few_and_as_many_among_many(
    project: OfflineProject, jobs: int
) -> None:
    for number in range(jobs):
        project.job(f"job-{number}")

    assert len(check(project)) == jobs

    assert set(project.flink.calls.values()) == {CALLS_PER_JOB}


def test_status_takes_since_and_memory_from_the_ledger_and_writes_nothing(
    project: OfflineProject,
) -> None:
    project.job(JOB)
    check(project)
    before = remembered(project)
    project.time.at += timedelta(minutes=1)

    (status,) = status_of_all(project.services, load_declared(project.root))

    assert status.since == before.since
    assert remembered(project) == before
    assert status.as_json()["since"] == before.since.isoformat()


def test_table_has_a_row_for_each_job_and_words_beneath(project: OfflineProject) -> None:
    fine, broken = project.job("fine"), project.job("broken")
    broken.tasks = "CREATED"
    broken.state = "RESTARTING"
    statuses = status_of_all(project.services, load_declared(project.root))

    lines = as_plain_table(statuses, project.time.at).splitlines()

    assert fine.id != broken.id
    assert lines[0].split() == " ".join(COLUMNS).split()
    assert [line.split()[0] for line in lines[1:3]] == ["broken", "fine"]
    assert lines[3].startswith("broken: restarting, 0 of 1 vertices run")
    assert set(cells(statuses[0], project.time.at)) == set(COLUMNS)
    assert set(NARROW_COLUMNS) < set(COLUMNS)
    assert "declaration changed since" in remark(statuses[1])


def allow_recovery(project: OfflineProject, job: str) -> None:
    file = project.root / "flink_jobs" / job / "job.yaml"
    file.write_text('{"recovery": {"automatic": true}, ' + file.read_text().removeprefix("{"))


@pytest.mark.parametrize("ended", ["FINISHED", "CANCELED"])
def test_job_ended_outside_is_not_recovered_when_flink_has_forgotten_it(
    project: OfflineProject, ended: str
) -> None:
    job = project.job(JOB)
    allow_recovery(project, JOB)
    job.state = ended
    assert not check(project)[JOB].recovery.is_due

    forgotten_by_flink(project)
    for _ in range(3):
        project.time.at += timedelta(hours=1)
        checked = check(project)[JOB]

    assert checked.status.state == "missing"
    assert f"it had ended as {ended} before" in checked.status.reason
    assert not checked.recovery.is_due
    assert f"ended as {ended} outside of headgate" in checked.recovery.reason


def test_person_who_recovers_a_job_that_was_finished_is_told_that_it_was(
    project: OfflineProject,
) -> None:
    project.job(JOB).state = "FINISHED"
    check(project)
    forgotten_by_flink(project)
    services, name = project.services, JobName(JOB)
    request = operation_of("recover").request(services, name, {})

    with pytest.raises(NeedsOperator, match="has ended as FINISHED"):
        run_operation(services, "recover", name, request, surface="t")


def test_job_that_failed_before_flink_forgot_it_is_recovered(project: OfflineProject) -> None:
    job = project.job(JOB)
    allow_recovery(project, JOB)
    job.state = "FAILED"
    check(project)
    forgotten_by_flink(project)

    assert check(project)[JOB].recovery.is_due


def test_end_of_an_earlier_submission_is_not_that_of_a_later_one(project: OfflineProject) -> None:
    project.job(JOB).state = "FINISHED"
    allow_recovery(project, JOB)
    check(project)
    look = remembered(project)
    assert look.memory["ended_as"] == "FINISHED"
    project.services.ledger.write_health_look(
        replace(look, flink_job_id="another")  # type: ignore[arg-type]
    )
    forgotten_by_flink(project)

    assert check(project)[JOB].recovery.is_due


def test_job_cancelled_by_a_recovery_that_came_no_further_is_recovered(
    project: OfflineProject,
) -> None:
    job = project.job(JOB)
    allow_recovery(project, JOB)
    job.state = "CANCELED"
    ledger, lease = project.services.ledger, project.lease(JOB, "r", kind="recover")
    ledger.intend_step(lease, "cancel", 0, {"flink_job_id": job.id})
    ledger.end_operation(lease, "failed", reason="no slots")
    check(project)
    forgotten_by_flink(project)
    project.time.at += timedelta(minutes=5)

    assert check(project)[JOB].recovery.is_due


def test_recoveries_become_more_seldom_and_end(project: OfflineProject) -> None:
    project.job(JOB)
    allow_recovery(project, JOB)
    forgotten_by_flink(project)
    due_at, start = [], project.time.at
    while project.time.at - start < timedelta(hours=20):
        if check(project)[JOB].recovery.is_due:
            due_at.append((project.time.at - start) // timedelta(minutes=1))
            project.release(project.lease(JOB, f"recover-{len(due_at)}", kind="recover"))
        project.time.at += timedelta(minutes=5)

    assert due_at == [0, 5, 15, 35, 75]
    assert "recovered 5 times in 24 h" in check(project)[JOB].recovery.reason


def test_recoveries_are_counted_among_many_other_operations(project: OfflineProject) -> None:
    project.job(JOB)
    allow_recovery(project, JOB)
    forgotten_by_flink(project)
    project.release(project.lease(JOB, "recover", kind="recover"))
    project.time.at += timedelta(minutes=4)
    for number in range(60):
        project.release(project.lease(JOB, f"savepoint-{number}", kind="savepoint"))

    assert "recovered once in 24 h" in check(project)[JOB].recovery.reason


def test_scheduled_savepoint_left_open_excuses_no_longer_than_it_is_patient(
    project: OfflineProject,
) -> None:
    project.job(JOB)
    allow_recovery(project, JOB)
    forgotten_by_flink(project)
    lease = project.lease(JOB, "s", kind="savepoint")
    assert not check(project)[JOB].needs_attention

    project.time.at += timedelta(minutes=11)
    left = check(project)[JOB]

    assert left.needs_attention
    assert left.recovery.is_due, "the recovery brings it to its end first"
    assert "savepoint s beats-per-second was left open" in left.in_words
    project.services.ledger.renew_lease(lease)
    assert not check(project)[JOB].needs_attention


def test_deployment_left_open_on_a_healthy_job_is_told_once(project: OfflineProject) -> None:
    project.job(JOB)
    lease = project.lease(JOB, "d", kind="deploy")
    project.time.at += timedelta(minutes=30)

    left = check(project)[JOB]

    assert (left.status.state, left.needs_attention, left.is_news) == ("healthy", True, True)
    assert left.next_step == "headgate operations d beats-per-second"
    people_were_told(project.services, left)
    assert not check(project)[JOB].is_news
    project.release(lease)
    assert not check(project)[JOB].needs_attention
    forgotten_by_flink(project)
    assert check(project)[JOB].is_news


def test_recovery_left_open_is_gone_on_with_however_the_job_is(project: OfflineProject) -> None:
    project.job(JOB)
    allow_recovery(project, JOB)
    project.lease(JOB, "r", kind="recover")
    assert not check(project)[JOB].recovery.is_due
    project.time.at += timedelta(minutes=30)

    left = check(project)[JOB]

    assert (left.status.state, left.needs_attention) == ("healthy", True)
    assert left.recovery.is_due


def test_recover_all_takes_up_what_was_left_open_and_tells_of_the_rest(
    project: OfflineProject,
) -> None:
    for name in ("fine", "lost", "recovering", "deploying", "left-deployment"):
        project.job(name)
    forgotten_by_flink(project)
    fine = project.job("fine-too")
    project.lease("recovering", "r", kind="recover")
    project.lease("left-deployment", "d", kind="deploy")
    project.time.at += timedelta(minutes=30)
    project.lease("deploying", "d", kind="deploy")

    considered = {one.job: one for one in jobs_to_recover(project.services)}

    due = sorted(name for name, one in considered.items() if one.is_due)
    assert due == ["fine", "left-deployment", "lost", "recovering"]
    assert "deploy d left-deployment was left open" in considered[JobName("left-deployment")].reason
    assert "is under way" in considered[JobName("deploying")].reason
    assert not considered[JobName(fine.name)].is_due


class OddFlink(TellingFlink):
    """Between it and one of its jobs stands a login page."""

    odd = ""

    def _picture(self, job: FakeJob, part: str) -> Answer:
        if job.name == self.odd and not part:
            return 200, {"login": "needed"}
        return super()._picture(job, part)


def test_one_odd_answer_leaves_the_other_jobs_watched(
    tmp_path: Path,
) -> None:
    time = SetClock()
    flink = OddFlink(lambda: time.at)
    project = OfflineProject(tmp_path, flink, time)
    project.job("odd")
    project.job("plain")
    flink.odd = "odd"

    checked = check(project)

    assert checked["plain"].status.state == "healthy"
    assert checked["odd"].status.state == "unknown"
    assert "not Flink's" in checked["odd"].status.reason
    flink.close()
