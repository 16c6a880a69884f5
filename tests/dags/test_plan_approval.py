"""When a person is asked, and what a run may change after that; without a running Airflow."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException
from headgate.airflow.approval import PlanApproval, approval_timeout
from headgate.airflow.shown_plan import ShownPlan
from headgate.ids import Digest
from headgate.operations.contracts.plan_and_apply import PlannedContracts
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import DeclaredContracts, ObservedContracts

WRITTEN = '{"type": "record", "name": "A", "fields": []}'
SCHEMA = Change("subject", "a-value", "create", {}, {"schema": WRITTEN})
TOPIC = Change("topic", "a", "create", {}, {"partitions": 1, "configs": {"retention.ms": None}})
SHORTER = Change(
    "configs", "b", "update", {"x": "2"}, {"x": "1"}, "needs_approval", "7 records would go"
)
REFUSED = Change("partitions", "c", "update", {"partitions": 2}, {"partitions": 1}, "refused", "no")


class Store(dict[str, Any]):
    """Airflow's store of a task, for one process."""

    def set(self, key: str, value: Any) -> None:
        self[key] = value


def planned(*changes: Change) -> PlannedContracts:
    return PlannedContracts(
        Plan(changes),
        DeclaredContracts({}, {}, date(2026, 1, 1)),
        ObservedContracts({}, {}),
        None,
        "test",
        Digest("files"),
    )


def shown(*changes: Change, part: Any = None) -> ShownPlan:
    return ShownPlan.from_json(ShownPlan.of(planned(*changes), part).to_json())


def context(store: Store, timeout: Any = "10m") -> Any:
    return {"task_state_store": store, "params": {"approval_timeout": timeout}}


def approval(plan: ShownPlan) -> PlanApproval:
    return PlanApproval(task_id="approve", shown=plan.to_json())


def answer(option: str, by: dict[str, str] | None) -> dict[str, Any]:
    return {
        "chosen_options": [option],
        "params_input": {},
        "responded_at": datetime(2026, 1, 1),  # noqa: DTZ001
        "responded_by_user": by,
        "timedout": by is None,
    }


def test_only_a_change_that_needs_it_asks() -> None:
    assert shown(SCHEMA, TOPIC).question == ""
    assert "7 records would go" in shown(SCHEMA, SHORTER).question
    assert shown(SCHEMA, SHORTER, part="schemas").question == ""


def test_long_plan_asks_about_the_dangerous_changes_alone() -> None:
    many = [replace(TOPIC, name=f"topic-{number}") for number in range(2_000)]

    question = shown(*many, SHORTER).question

    assert "7 records would go" in question
    assert "The 2000 safe changes are in the log" in question
    assert len(question) < 2_000


def test_what_is_left_of_a_shown_plan_may_be_made() -> None:
    later = replace(SHORTER, reason="9 records would go")

    assert shown(SCHEMA, TOPIC, SHORTER).not_shown((TOPIC, later)) == ()


@pytest.mark.parametrize(
    "new",
    [
        replace(TOPIC, name="b"),
        replace(TOPIC, operation="update"),
        replace(TOPIC, after={"partitions": 2}),
        replace(SHORTER, before={"x": "3"}),
        replace(SHORTER, risk="safe"),
    ],
)
def test_anything_else_was_not_shown(new: Change) -> None:
    assert shown(SCHEMA, TOPIC, SHORTER).not_shown((SCHEMA, new)) == (new,)


def test_part_of_a_run_is_all_that_it_may_make() -> None:
    assert shown(SCHEMA, TOPIC, part="schemas").not_shown((SCHEMA, TOPIC)) == (TOPIC,)


def test_nothing_to_approve_is_not_asked() -> None:
    assert approval(shown(SCHEMA, TOPIC)).execute(context(Store())) is None


@pytest.mark.parametrize(
    ("user", "name"),
    [({"id": "ada", "name": "ada"}, "ada"), ({"id": "7", "name": "Ada L"}, "Ada L (7)")],
)
def test_approved_once_further_try_does_not_ask(user: dict[str, str], name: str) -> None:
    store, plan = Store(), shown(SHORTER)

    assert approval(plan).execute_complete(context(store), answer("Approve", user)) == name
    assert approval(plan).execute(context(store)) == name


def test_approval_is_for_one_plan_only() -> None:
    store = Store()
    ada = {"id": "ada", "name": "ada"}
    store.set("asked_for", shown(SHORTER).digest)
    approval(shown(SHORTER)).execute_complete(context(store), answer("Approve", ada))

    with pytest.raises(AirflowFailException, match="asked about another plan before"):
        approval(shown(replace(SHORTER, after={"x": "0"}))).execute(context(store))


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"id": "ada", "name": "ada"}, "the plan was rejected by ada. Nothing was changed"),
        (None, "nobody has approved the plan within 10m. Nothing was changed"),
    ],
)
def test_rejection_fails_without_a_retry(user: dict[str, str] | None, words: str) -> None:
    store = Store()

    with pytest.raises(AirflowFailException, match=words):
        approval(shown(SHORTER)).execute_complete(context(store), answer("Reject", user))

    assert "approved" not in store


@pytest.mark.parametrize("wrong", ["soon", "1d\n", "", 5, None])
def test_timeout_that_is_no_duration_is_refused(wrong: Any) -> None:
    with pytest.raises(AirflowFailException, match="Nothing was changed"):
        approval_timeout(context(Store(), wrong))
