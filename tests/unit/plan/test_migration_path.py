"""A breaking change → the steps to a new topic."""

from collections.abc import Iterable
from typing import Any

import pytest
from headgate.ids import FlinkLineName, JobName, TopicName
from headgate.plan.copy_job import copy_job
from headgate.plan.migration_path import Migration, Step, migration_steps, next_name
from headgate.plan.topic_use import TopicUse

OLD, NEW = TopicName("readings"), TopicName("readings-v2")
TIME = {"type": "long", "logicalType": "timestamp-millis"}


def record(**fields: Any) -> dict[str, Any]:
    listed = [{"name": name, "type": kind} for name, kind in fields.items()]
    return {"type": "record", "name": "R", "fields": listed}


BEFORE = record(device="string", at=TIME, place=["null", "string"], value="int", gone="string")
AFTER = record(
    device="string",
    at=TIME,
    place="string",
    value="double",
    unit="string",
    note=["null", "string"],
)


def steps(*uses: tuple[str, str], **more: Any) -> tuple[Step, ...]:
    used = [TopicUse(JobName(job), how, True, True) for job, how in uses]  # type: ignore[arg-type]
    values: dict[str, Any] = {"before": BEFORE, "after": AFTER, "is_written": False, **more}
    return migration_steps(Migration(OLD, NEW, 3, uses=used, line=FlinkLineName("2.3"), **values))


def lines(found: Iterable[Step]) -> list[str]:
    return [line for step in found for line in step.does]


@pytest.mark.parametrize(
    ("topic", "taken", "new"),
    [
        ("readings", set(), "readings-v2"),
        ("readings", {"readings", "readings-v2"}, "readings-v3"),
        ("readings-v2", {"readings-v2"}, "readings-v3"),
        ("readings-v9", set(), "readings-v10"),
        ("readings-vat", set(), "readings-vat-v2"),
    ],
)
def test_the_new_name_is_the_next_free_one(topic: str, taken: set[str], new: str) -> None:
    assert next_name(TopicName(topic), taken) == new


def test_jobs_that_write_run_twice_before_readers_move_and_the_old_topic_ends_last() -> None:
    found = steps(("minutes", "writes"), ("alarms", "reads"), ("trends", "reads"))
    assert [step.title for step in found] == [
        "Give the new schema a topic of its own",
        "Create the new topic",
        "Write both topics: minutes goes on, minutes-v2 begins beside it",
        "Move the reader alarms",
        "Move the reader trends",
        "Move the readers outside this project",
        "End the old writer minutes",
        "End the old topic",
    ]
    said = lines(found)
    order = [
        "headgate schema migrate readings --to readings-v2 --write",
        "headgate apply",
        "headgate deploy minutes-v2",
        "headgate stop alarms",
        "headgate deploy alarms --start-empty",
        "headgate deploy trends --start-empty",
        "headgate stop minutes",
        "schemas/readings/topic.yaml: `deletion: {reason: replaced by readings-v2}`",
        "headgate apply --approve",
    ]
    places = [said.index(line) for line in order]
    assert places == sorted(places)


def test_the_second_writer_gets_a_name_that_no_user_of_the_topic_has() -> None:
    found = steps(("minutes", "writes"), ("minutes-v2", "reads"))
    assert "headgate deploy minutes-v3" in lines(found)


def test_without_a_job_that_writes_a_copy_is_drafted() -> None:
    found = steps(("alarms", "reads"))
    said = lines(found)
    assert "headgate deploy readings-v2-copy" in said
    assert any(line.endswith("say what place, unit shall be") for line in said)
    assert said.index("headgate deploy alarms --start-empty") < said.index(
        "headgate stop readings-v2-copy"
    )


def test_the_copy_casts_what_changed_and_asks_for_what_is_new() -> None:
    draft = copy_job(OLD, NEW, BEFORE, AFTER, FlinkLineName("2.3"))
    assert draft.job_sql == (
        "INSERT INTO readings_v2\n"
        "SELECT\n"
        "  `device`,\n"
        "  `at`,\n"
        "  COALESCE(`place`, SAY_WHAT) AS `place`,\n"
        "  CAST(`value` AS DOUBLE) AS `value`,\n"
        "  SAY_WHAT AS `unit`,\n"
        "  CAST(NULL AS STRING) AS `note`\n"
        "FROM readings;\n"
    )
    assert (draft.event_time, draft.to_say) == ("at", ("place", "unit"))
    assert "    event_time: at\n    start: earliest\n" in draft.job_yaml


def test_records_without_an_event_time_are_copied_by_no_job() -> None:
    found = steps(before=record(device="string", at=["null", TIME]))
    said = lines(found)
    assert "headgate tail readings --json --from earliest: the records to be copied" in said
    assert not any("-copy" in line for line in said)


def test_the_first_step_is_done_once_the_new_folder_is_there() -> None:
    assert [step.is_done for step in steps(is_written=True)][:2] == [True, False]
    assert not any(step.is_done for step in steps())
