"""The form of an upgrade, its question to a person, and what each answer does to the operation."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowFailException, ParamValidationError
from harness.fake_flink import FakeFlink
from harness.offline_project import OfflineProject, SetClock
from headgate.airflow import upgrade_tasks
from headgate.airflow.upgrade_tasks import CarryOutUpgrade, PrepareUpgrade, UpgradeApproval
from headgate.ids import JobName, OperationId
from headgate.operations.engine.engine import Waiting
from headgate.operations.upgrading.approve import Approve

PROJECT = Path(__file__).parents[2]
JOB = JobName("beats-per-second")
ID = OperationId("upgrade-1")


@pytest.fixture(scope="module")
def dags() -> dict[str, DAG]:
    return dict(DagBag(str(PROJECT / "dags")).dags)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OfflineProject]:
    """An upgrade that waits for an approval."""
    time = SetClock()
    flink = FakeFlink(lambda: time.at)
    made = OfflineProject(tmp_path, flink, time)
    made.job(JOB)
    monkeypatch.setattr(upgrade_tasks, "services", lambda: made.services)
    ledger = made.services.ledger
    lease = ledger.open_operation(ID, "upgrade", JOB, {}, surface="t", holder="t")
    stop = ledger.deployments(JOB)[0].flink_job_id
    ledger.intend_step(lease, "plan", 0, {})
    ledger.finish_step(lease, "plan", {"action": "upgrade", "stop": stop})
    ledger.intend_step(lease, Approve.name, 1, {"live": stop, "within_seconds": None})
    yield made
    flink.close()


def context(timeout: str = "10m") -> Any:
    return {"params": {"approval_timeout": timeout}}


def approval(question: str = "## Plan") -> UpgradeApproval:
    prepared = {"operation_id": ID, "question": question}
    return UpgradeApproval(task_id="approve", prepared=prepared)


def answer(option: str, by: str | None) -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime(2026, 1, 1),  # noqa: DTZ001
        "responded_by_user": {"id": by, "name": by} if by else None,
        "timedout": by is None,
    }


def test_tasks_follow_each_other(dags: dict[str, DAG]) -> None:
    tasks = {task.task_id: task for task in dags["upgrade_job"].tasks}

    assert set(tasks) == {"chosen_upgrade", "prepare", "approve", "carry_out"}
    assert isinstance(tasks["prepare"], PrepareUpgrade)
    assert isinstance(tasks["carry_out"], CarryOutUpgrade)
    assert tasks["approve"].upstream_task_ids == {"prepare"}
    assert tasks["carry_out"].upstream_task_ids == {"chosen_upgrade", "prepare", "approve"}
    assert isinstance(tasks["approve"], UpgradeApproval)
    assert tasks["approve"].defaults == ["Reject"]
    assert dags["upgrade_job"].params["require_approval"] is True


@pytest.mark.parametrize("wrong", ["2", "2.3.0", "two", 2.3, "'; DROP"])
def test_form_takes_lines_only(dags: dict[str, DAG], wrong: object) -> None:
    param = dags["upgrade_job"].params.get_param("line")

    assert param.resolve("2.10") == "2.10"
    assert param.resolve("") == ""
    with pytest.raises(ParamValidationError):
        param.resolve(wrong)


def test_nothing_to_approve_is_not_asked(project: OfflineProject) -> None:
    assert approval("").execute(context()) is None


def test_approval_is_in_the_ledger_with_who_gave_it(project: OfflineProject) -> None:
    assert approval().execute_complete(context(), answer("Approve", "ada")) == "ada"

    decision = project.services.ledger.decision(ID)
    assert decision is not None
    assert (decision.is_approved, decision.decided_by) == (True, "ada")
    assert approval().execute(context()) is None, "a further try does not ask again"


@pytest.mark.parametrize(
    ("by", "words"),
    [("ada", "refused by ada"), (None, "refused by nobody: the time for an answer is over")],
)
def test_refusal_ends_the_upgrade_with_everything_as_it_was(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch, by: str | None, words: str
) -> None:
    with pytest.raises(AirflowFailException, match=words):
        _with_two_steps(monkeypatch).execute_complete(context(), answer("Reject", by))

    ended = project.services.ledger.operation(ID)
    assert ended is not None
    assert ended.state == "failed"
    assert "the live job runs on" in ended.reason


def _with_two_steps(monkeypatch: pytest.MonkeyPatch) -> UpgradeApproval:
    """The operation as it stands here has a plan and then waits."""
    from headgate.operations.upgrade import Upgrade
    from headgate.operations.upgrading.plan_upgrade import PlanUpgrade

    monkeypatch.setattr(Upgrade, "steps", lambda *_: (PlanUpgrade(), Approve()))
    return approval()


def test_first_task_ends_where_the_operation_waits_for_a_person(
    project: OfflineProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade_tasks, "shown_upgrade", lambda *_: "## Plan")
    task = PrepareUpgrade(task_id="prepare", kind="upgrade", job=JOB)
    waiting = Waiting("Wait", "", project.time.at - project.time.at, Approve.name)

    paused = task.paused(project.services, ID, waiting)

    assert paused == {"operation_id": ID, "question": "## Plan"}


@pytest.mark.parametrize(
    ("name", "stays"),
    [("rehearse.watch", False), ("approve", False), ("cut_over.stop", True), ("back.stop", True)],
)
def test_worker_is_held_only_while_nothing_is_published(
    project: OfflineProject, name: str, stays: bool
) -> None:
    task = CarryOutUpgrade(task_id="carry_out", job=JOB, prepared={}, approved=None)
    nothing = project.time.at - project.time.at
    assert task.stays(Waiting("x", "", nothing, name)) is stays
