"""check_drift on a running Airflow, broker and registry."""

import shutil

import pytest
from harness.dag_contracts import Contracts
from harness.waiting import until
from harness.webhook import Webhook
from headgate.ids import TopicName

pytestmark = pytest.mark.system

DRIFT = "check_drift"


def test_check_drift_finds_hand_edits_and_tells_of_them(
    contracts: Contracts, chat: Webhook
) -> None:
    names = ("retention", "partitions", "level", "version", "deleted")
    retention, partitions, level, version, deleted = map(contracts.declare, names)
    contracts.provision()
    run, state = contracts.airflow.run(DRIFT)
    assert state == "success"
    told = contracts.airflow.log(DRIFT, run, "compare_with_declared")
    assert "As declared: 5 topics (partitions, replication, settings) and 5 subjects" in told
    assert chat.about(run) == []

    contracts.admin.alter_configs({retention: {"retention.ms": "60000"}}, validate_only=False)
    contracts.admin.add_partitions({partitions: 2}, validate_only=False)
    contracts.registry.set_level(f"{level}-value", "NONE")
    schema = contracts.project.root / "schemas" / version / "value.avsc"
    written = schema.read_text()
    contracts.registry.register(f"{version}-value", contracts.allow_unit(version))
    schema.write_text(written)
    delete(contracts, deleted)

    run, state = contracts.airflow.run(DRIFT)

    assert state == "failed"
    task = contracts.airflow.task(DRIFT, run, "compare_with_declared")
    assert task.tries == 1, "drift is no reason to try again"
    told = contracts.airflow.api.log(DRIFT, run, task)
    for change in (
        f"update configs `{retention}`",
        f"update partitions `{partitions}`",
        f"update level `{level}-value`",
        f"update subject `{version}-value`",
        f"create topic `{deleted}`",
    ):
        assert change in told
    assert "not as declared: 5 changes would bring it back" in told
    (post,) = chat.about(run)
    assert f"update configs {retention}" in post["text"]
    assert (post["dag"], post["task"]) == (DRIFT, "compare_with_declared")
    assert run in post["log_url"]
    assert chat.posts[-1][0] == "/hooks/s3cret-end"
    assert "s3cret-end" not in told


def delete(contracts: Contracts, topic: TopicName) -> None:
    contracts.admin.delete([topic])
    until(lambda: not contracts.exists(topic), seconds=30, what=f"{topic} is deleted")


def test_check_drift_names_topics_that_nobody_declared(contracts: Contracts) -> None:
    contracts.declare("declared")
    stray = contracts.declare("stray")
    contracts.provision()
    shutil.rmtree(contracts.project.root / "schemas" / stray)

    run, state = contracts.airflow.run(DRIFT)

    assert state == "success", "an unknown topic is reported, and is no drift"
    assert stray in contracts.airflow.log(DRIFT, run, "compare_with_declared")


def test_check_drift__notifier_is_broken_drift_is_told_all_the_same(contracts: Contracts) -> None:
    topic = contracts.declare("missing")
    contracts.configure(notifier="nowhere.to.be.Found")

    run, state = contracts.airflow.run(DRIFT)

    assert state == "failed"
    told = contracts.airflow.log(DRIFT, run, "compare_with_declared")
    assert f"create topic {topic}" in told
    assert "could not be told of this failure" in told


@pytest.mark.slow
def test_check_drift__registry_away_is_tried_again(contracts: Contracts) -> None:
    contracts.declare("away")
    contracts.provision()
    nowhere = contracts.airflow.environment.settings.registry.model_copy(
        update={"url": "http://127.0.0.1:1"}
    )
    contracts.configure(registry=nowhere)
    run = contracts.airflow.start(DRIFT)
    until(
        lambda: contracts.airflow.states(DRIFT, run)["compare_with_declared"] == "up_for_retry",
        seconds=120,
        what="the first try has failed",
    )

    contracts.configure()

    assert contracts.airflow.end(DRIFT, run) == "success"
    assert contracts.airflow.task(DRIFT, run, "compare_with_declared").tries == 2
