"""The health check over recorded deployments and a small JobManager: judged, remembered, told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import Answer, FakeFlink, FakeJob
from harness.offline_project import OfflineProject, SetClock
from headgate.ids import JobName
from headgate.ledger.records import HealthLookRecord
from headgate.operations.health_check import Checked, check_health, people_were_told
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
