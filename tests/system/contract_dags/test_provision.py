"""provision_topics and register_schemas on a running Airflow, broker and registry."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import pytest
from harness.dag_contracts import PROVISION, Contracts
from harness.proxy import Proxy
from harness.waiting import until
from headgate.ids import TopicName

pytestmark = pytest.mark.system

EIGHT_DAYS, SEVEN_DAYS = "691200000", "604800000"


def test_safe_changes_are_made_without_a_question(contracts: Contracts) -> None:
    topic = contracts.declare("safe")

    run, state = contracts.airflow.run(PROVISION)

    assert state == "success"
    assert contracts.airflow.api.questions(PROVISION, run) == ()
    assert contracts.versions(topic) == (1,)
    assert contracts.exists(topic)
    (recorded,) = contracts.recorded(run)
    assert (recorded.state, recorded.approved_by) == ("complete", None)
    assert f"create topic `{topic}`" in contracts.airflow.log(PROVISION, run, "show_plan")


def test_register_schemas_shows_topics_and_leaves_them(contracts: Contracts) -> None:
    topic = contracts.declare("schema-only")

    run, state = contracts.airflow.run("register_schemas")

    assert state == "success"
    assert contracts.versions(topic) == (1,)
    assert not contracts.exists(topic)
    shown = contracts.airflow.log("register_schemas", run, "show_plan")
    mine, _, others = shown.partition("## Not part of this run")
    assert f"create subject `{topic}-value`" in mine
    assert f"create topic `{topic}`" in others


def test_dangerous_change_waits_and_is_made_once_approved(
    contracts: Contracts, shortened: TopicName
) -> None:
    new = contracts.declare("beside")
    run = contracts.airflow.start(PROVISION)

    question = contracts.airflow.question(PROVISION, run)
    assert "from 8d to 7d" in question.body
    assert f"create topic `{new}`" in question.body, "the whole plan is shown"
    assert question.options == ("Approve", "Reject")
    assert not contracts.exists(new), "not even a safe change is made before"
    contracts.airflow.answer(PROVISION, run, question, "Approve")

    assert contracts.airflow.end(PROVISION, run) == "success"
    assert contracts.retention(shortened) == SEVEN_DAYS
    assert contracts.exists(new)
    (recorded,) = contracts.recorded(run)
    assert (recorded.state, recorded.approved_by) == ("complete", contracts.airflow.user)


def test_rejected_plan_changes_nothing_and_may_be_asked_about_again(
    contracts: Contracts, shortened: TopicName
) -> None:
    new = contracts.declare("beside")
    run = contracts.airflow.start(PROVISION)
    question = contracts.airflow.question(PROVISION, run)

    contracts.airflow.answer(PROVISION, run, question, "Reject")

    assert contracts.airflow.end(PROVISION, run) == "failed"
    assert contracts.airflow.states(PROVISION, run)["apply_shown"] == "upstream_failed"
    assert contracts.airflow.task(PROVISION, run, "approve").tries == 1
    assert f"rejected by {contracts.airflow.user}" in contracts.airflow.log(
        PROVISION, run, "approve"
    )
    assert contracts.retention(shortened) == EIGHT_DAYS
    assert not contracts.exists(new)
    assert contracts.recorded(run) == []

    contracts.airflow.clear(PROVISION, run, "approve")
    again = contracts.airflow.question(PROVISION, run)
    contracts.airflow.answer(PROVISION, run, again, "Approve")
    assert contracts.airflow.end(PROVISION, run) == "success"
    assert contracts.retention(shortened) == SEVEN_DAYS


@pytest.mark.slow
def test_nobody_answers_in_time_and_nothing_changes(
    contracts: Contracts, shortened: TopicName
) -> None:
    run, state = contracts.airflow.run(PROVISION, approval_timeout="5s")

    assert state == "failed"
    assert "nobody has approved the plan within 5s" in contracts.airflow.log(
        PROVISION, run, "approve"
    )
    assert contracts.retention(shortened) == EIGHT_DAYS
    assert contracts.recorded(run) == []


@pytest.mark.slow
def test_old_question_is_not_shown_for_another_plan(
    contracts: Contracts, shortened: TopicName
) -> None:
    run = contracts.airflow.start(PROVISION)
    question = contracts.airflow.question(PROVISION, run)
    contracts.airflow.answer(PROVISION, run, question, "Reject")
    assert contracts.airflow.end(PROVISION, run) == "failed"
    contracts.declare("shortened", days=1)

    contracts.airflow.clear(PROVISION, run, "show_plan")

    assert contracts.airflow.end(PROVISION, run) == "failed"
    assert "asked about another plan before" in contracts.airflow.log(PROVISION, run, "approve")
    assert contracts.retention(shortened) == EIGHT_DAYS


def test_change_that_was_not_shown_is_refused(contracts: Contracts, shortened: TopicName) -> None:
    run = contracts.airflow.start(PROVISION)
    question = contracts.airflow.question(PROVISION, run)
    late = contracts.declare("late")

    contracts.airflow.answer(PROVISION, run, question, "Approve")

    assert contracts.airflow.end(PROVISION, run) == "failed"
    told = contracts.airflow.log(PROVISION, run, "apply_shown")
    assert "the files below schemas/ changed since the plan was shown" in told
    assert f"create topic `{late}`" in told
    assert not contracts.exists(late)
    assert contracts.retention(shortened) == EIGHT_DAYS


def test_refused_schema_stops_everything(contracts: Contracts) -> None:
    breaking = contracts.declare("breaking")
    contracts.provision()
    contracts.project.topic(breaking, [("device", "string"), ("value", "string")], key="device")
    other = contracts.declare("unrelated")

    for dag_id in (PROVISION, "register_schemas"):
        run, state = contracts.airflow.run(dag_id)
        assert state == "failed"
        assert "a refused change stops all others" in contracts.airflow.log(
            dag_id, run, "show_plan"
        )
    assert contracts.versions(breaking) == (1,)
    assert contracts.versions(other) == ()
    assert not contracts.exists(other)


def test_refused_topic_does_not_stop_register_schemas(contracts: Contracts) -> None:
    topic = contracts.declare("shrinks", partitions=2)
    contracts.provision()
    contracts.declare("shrinks", partitions=1)
    contracts.allow_unit(topic)

    assert contracts.airflow.run(PROVISION)[1] == "failed"
    assert contracts.versions(topic) == (1,)
    assert contracts.airflow.run("register_schemas")[1] == "success"
    assert contracts.versions(topic) == (1, 2)


@pytest.mark.slow
def test_apply__registry_lost_for_one_subject_retry_makes_what_is_left_unasked(
    contracts: Contracts, shortened: TopicName
) -> None:
    first, second = contracts.declare("first"), contracts.declare("second")
    held = contracts.airflow.environment.settings.registry
    parts = urlsplit(held.url)
    proxy = Proxy(f"{parts.scheme}://{parts.netloc}")
    near = held.model_copy(update={"url": f"{proxy.address}{parts.path}"})
    contracts.configure(registry=near)
    run = contracts.airflow.start(PROVISION)
    question = contracts.airflow.question(PROVISION, run)

    with proxy.holding("POST", f"/subjects/{second}-value/versions", "before"):
        contracts.airflow.answer(PROVISION, run, question, "Approve")
        until(
            lambda: contracts.airflow.task(PROVISION, run, "apply_shown").state == "up_for_retry",
            seconds=120,
            what="the first try has failed",
        )
    assert contracts.airflow.end(PROVISION, run) == "success"
    proxy.close()

    applied = contracts.airflow.task(PROVISION, run, "apply_shown")
    assert applied.tries == 2
    told = contracts.airflow.api.log(PROVISION, run, replace(applied, tries=1))
    assert f"subject {first}-value: ok" in told
    assert f"subject {second}-value: failed" in told
    assert f"topic {second}: skipped" in told
    assert (contracts.versions(first), contracts.versions(second)) == ((1,), (1,))
    assert contracts.exists(second)
    assert contracts.retention(shortened) == SEVEN_DAYS
    again, before = contracts.recorded(run)
    assert (before.state, again.state) == ("incomplete", "complete")
    assert before.approved_by == again.approved_by == contracts.airflow.user
    assert len(contracts.airflow.api.questions(PROVISION, run)) == 1
    assert contracts.airflow.task(PROVISION, run, "approve").tries == 1


def test_form_refuses_what_is_no_duration(contracts: Contracts) -> None:
    contracts.declare("form")

    def refusal(wrong: object) -> int | None:
        """The status; None while Airflow's database is busy."""
        status = contracts.airflow.api._request(
            "POST",
            f"/api/v2/dags/{PROVISION}/dagRuns",
            json={"logical_date": None, "conf": {"approval_timeout": wrong}},
            effect=True,
        ).status
        return status if status < 500 else None

    for wrong in ("soon", "10", 5, "1d "):
        status = until(partial(refusal, wrong), seconds=60, what="Airflow answers")
        assert status in (400, 422), wrong
