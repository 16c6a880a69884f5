"""Waiting for a decision: in the ledger, by the first who decides, with the live job watched."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json
from headgate.operations.engine.engine import Engine, Waiting
from headgate.operations.engine.step import Done, Intention, Look, Run, Step
from headgate.operations.services import Services
from headgate.operations.upgrading.approve import Approve
from headgate.operations.upgrading.shown import decide_upgrade, waits_for_decision

JOB = JobName("beats-per-second")
ID = OperationId("upgrade-1")


class Planned:
    """Stands for all that comes before."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Plan"
    patience: ClassVar[Any] = None

    def intend(self, run: Run) -> Json:
        return {}

    def look(self, run: Run, intention: Intention) -> Look:
        return Done({"stop": run.services.ledger.deployments(run.job)[0].flink_job_id})

    def act(self, run: Run, intention: Intention) -> None:
        raise AssertionError


class Asking:
    kind: ClassVar[str] = "upgrade"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        return (Planned(), Approve())


@pytest.fixture
def project(tmp_path: Path) -> Iterator[OfflineProject]:
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    made = OfflineProject(tmp_path, flink, time)
    made.job(JOB)
    yield made
    flink.close()


def engine(services: Services, **request: Any) -> Engine:
    lease = services.ledger.open_operation(
        ID, "upgrade", JOB, request, surface="a test", holder="a test"
    )
    return Engine(Asking(), lease, services)


def decide(services: Services, *, is_approved: bool, by: str = "ada", reason: str = "") -> None:
    operation = services.ledger.operation(ID)
    assert operation is not None
    decide_upgrade(services, operation, is_approved=is_approved, by=by, reason=reason)


def test_waits_until_somebody_approves(project: OfflineProject) -> None:
    services = project.services
    waiting = engine(services).advance()

    assert isinstance(waiting, Waiting)
    assert waiting.name == "approve"
    assert waits_for_decision(services, ID)
    decide(services, is_approved=True)
    ended = engine(services).run()

    assert ended.state == "succeeded"
    approved = services.ledger.steps(ID)[-1].evidence
    assert (approved["by"], approved["at"]) == ("ada", project.time.at.isoformat())
    assert not waits_for_decision(services, ID)


def test_refusal_ends_it_with_who_and_why(project: OfflineProject) -> None:
    services = project.services
    engine(services).advance()
    decide(services, is_approved=False, reason="not on a Friday")

    ended = engine(services).run()

    assert ended.state == "failed"
    assert "refused by ada: not on a Friday" in ended.reason
    assert "the live job runs on" in ended.reason


def test_first_decision_holds(project: OfflineProject) -> None:
    services = project.services
    engine(services).advance()
    decide(services, is_approved=True)
    decide(services, is_approved=True, by="bob")

    with pytest.raises(Rejected, match="was approved already by ada"):
        decide(services, is_approved=False, by="bob")
    decision = services.ledger.decision(ID)
    assert decision is not None
    assert decision.decided_by == "ada"


def test_nobody_answers_in_time(project: OfflineProject) -> None:
    ended = engine(project.services, approval_hours=0.01).run()

    assert ended.state == "failed"
    assert "nobody has approved it within 36 s" in ended.reason


def test_job_that_ends_meanwhile_is_free_again(project: OfflineProject) -> None:
    services = project.services
    engine(services).advance()
    (job,) = project.flink.jobs.values()
    job.state = "FAILED"

    ended = engine(services).run()

    assert (ended.state, ended.next_step) == ("failed", f"headgate recover {JOB}")


def test_decision_about_what_does_not_ask_is_refused(project: OfflineProject) -> None:
    services = project.services
    engine(services)

    with pytest.raises(Rejected, match="does not wait for an approval"):
        decide(services, is_approved=True)
    assert services.ledger.decision(ID) is None
