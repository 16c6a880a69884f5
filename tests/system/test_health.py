"""Health on real servers: figures that make sense, a job that flaps, a lost JobManager, the DAG."""

import io
import json
import time
from collections.abc import Iterator
from uuid import uuid4

import fastavro
import pytest
from harness.beats import SQL, Beats
from harness.own_airflow import STACK, OwnAirflow, own_airflow
from harness.own_stack import OwnStack
from harness.sample_project import Ran, SampleProject
from harness.waiting import until
from harness.webhook import Webhook, webhook
from headgate.clients.records.producer import RecordProducer
from headgate.clients.registry import Registry
from headgate.ids import JobName, TopicName, sql_identifier
from headgate.operations.job_status import JobStatus
from headgate.operations.status import status_of
from headgate.spec.load import load_job_alone

pytestmark = pytest.mark.slow

LINE = "2.3"
PATIENCE = 900.0
JOBMANAGER = f"flink-{LINE}-jobmanager"
CHECK = "check_health"
THROWS_AT = 40
THROWING = SQL.replace("SUM(number)", f"SUM(1000 / (number - {THROWS_AT}))")
DIGEST = "SHA512(REPEAT(CAST(MOD(number, 10) AS STRING), 100000))"
SLOW = SQL.replace("SUM(number)", f"SUM(number + CHAR_LENGTH({DIGEST}) - 128)")
"""The same sums with so much to do for each record that input waits."""
CONFIGURATION = """
[health]
schedule = "manual"

[notifier]
class = "headgate.airflow.webhook_notifier.WebhookNotifier"

[notifier.arguments]
connection = "chat"
"""


@pytest.fixture(scope="module")
def chat() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture(scope="module")
def airflow(chat: Webhook, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnAirflow]:
    folder = tmp_path_factory.mktemp("health") / "project"
    with own_airflow(folder, without=["flink-2.2"], configuration=CONFIGURATION) as airflow:
        connection = {"connection_id": "chat", "conn_type": "http", "port": chat.port}
        connection["host"] = "http://127.0.0.1/hooks"
        airflow.connect(connection)
        yield airflow
        airflow.project.end_all_jobs()


@pytest.fixture(scope="module")
def stack(airflow: OwnAirflow) -> OwnStack:
    return OwnStack(STACK, airflow.environment, LINE, airflow.project.root)


@pytest.fixture(scope="module")
def project(airflow: OwnAirflow) -> SampleProject:
    return airflow.project


@pytest.fixture(scope="module")
def beats(project: SampleProject) -> Iterator[Beats]:
    """A live job that may be recovered by itself, and that should have little input before it."""
    name = f"beats-{uuid4().hex[:6]}"
    beats = Beats(project, name, flink=LINE)
    limits = {"checkpoints": 1, "deadline": "10m", "checkpoint_age": "3m", "input_lag": 2000}
    declare(project, beats, SLOW, health=limits, recovery={"automatic": True})
    succeed(project, "apply", "--yes")
    with beats.beating():
        succeed(project, "deploy", beats.job)
        yield beats


@pytest.fixture(scope="module")
def flapper(project: SampleProject) -> Iterator[Beats]:
    """A job that fails at a record of its input, each time that it comes there.

    Its checkpoints may be as old as they like: only that it flaps tells that it is failing.
    """
    flapper = Beats(project, f"flaps-{uuid4().hex[:6]}", flink=LINE)
    limits = {"checkpoints": 1, "deadline": "10m", "checkpoint_age": "1h"}
    declare(project, flapper, THROWING, health=limits)
    succeed(project, "apply", "--yes")
    succeed(project, "deploy", flapper.job)
    with flapper.beating():
        yield flapper


def declare(project: SampleProject, beats: Beats, sql: str, **yaml: object) -> None:
    text = sql.format(sink=sql_identifier(beats.job), source=sql_identifier(beats.source))
    source = {"event_time": "beat_time", "watermark_delay": "1s"}
    project.job(
        beats.job,
        text,
        flink=LINE,
        sources={beats.source: source},
        sinks=[beats.job],
        checkpoint_interval="1s",
        **yaml,
    )


def succeed(project: SampleProject, *command: str) -> Ran:
    ran = project.run(*command, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran


def look(project: SampleProject, job: str) -> JobStatus:
    loaded = load_job_alone(project.root, JobName(job))
    return status_of(project.services, JobName(job), loaded.job if loaded else None)


def await_state(project: SampleProject, job: str, state: str) -> JobStatus:
    seen: list[JobStatus] = []

    def is_so() -> bool:
        seen.append(look(project, job))
        return seen[-1].state == state

    until(
        is_so,
        seconds=PATIENCE,
        what=f"{job} is {state}, the last looks: {seen[-3:]}",
        every=1,
    )
    return seen[-1]


def send_at_once(project: SampleProject, beats: Beats, records: int) -> None:
    """More records than the job reads in a few looks."""
    settings = project.services.environment.settings
    registered = Registry(settings.registry).latest(f"{beats.source}-value")
    assert registered is not None
    schema = fastavro.parse_schema(json.loads(registered.text))
    value = io.BytesIO(b"\0" + registered.id.to_bytes(4, "big"))
    value.seek(0, io.SEEK_END)
    row = {"beat_time": int(time.time() * 1000), "number": 1}
    fastavro.schemaless_writer(value, schema, row)
    with RecordProducer(settings.kafka, TopicName(beats.source)) as producer:
        for _ in range(records):
            producer.send(value.getvalue())
        producer.flush()


def test_healthy_job_has_figures_that_make_sense(project: SampleProject, beats: Beats) -> None:
    until(
        lambda: (seen := look(project, beats.job)).state == "healthy" and seen.records_in,
        seconds=PATIENCE,
        what="the job is healthy and has read records",
    )
    ran = succeed(project, "status", beats.job, "--json")

    (status,) = ran.json()
    assert status["state"] == "healthy"
    assert status["vertices_running"] == status["vertices"] == 2
    assert status["records_in"] > 0
    assert 0 <= status["input_lag"] < 2000
    assert 0 < status["watermark_lag"] < 300
    assert 0 <= status["checkpoint_age"] < 180
    assert status["checkpoint_duration"] > 0
    assert status["checkpoint_bytes"] > 0
    assert status["checkpoints"] > 0
    assert (status["restarts"], status["restarts_lately"]) == (0, 0)
    assert status["restored_from"] is None
    assert 0 < status["busiest"]["ms_per_second"] <= 1000
    shown = succeed(project, "status").out
    assert beats.job in shown
    assert "INPUT LAG" in shown


def test_input_lag_grows_with_what_is_not_read_and_shrinks_again(
    project: SampleProject, beats: Beats
) -> None:
    send_at_once(project, beats, 60_000)

    behind = until(
        lambda: (seen := look(project, beats.job)).state == "degraded" and seen,
        seconds=PATIENCE,
        what="the input lag shows",
        every=0.5,
    )
    assert behind
    assert behind.input_lag is not None
    assert behind.input_lag >= 2000
    assert f"{behind.input_lag:,} records are still to be read" in behind.reason

    caught_up = await_state(project, beats.job, "healthy")
    assert caught_up.input_lag is not None
    assert caught_up.input_lag < 2000
    until(
        lambda: (look(project, beats.job).input_lag or 0) < 50,
        seconds=PATIENCE,
        what="nothing but the newest records is left",
        every=1,
    )


def test_check_is_green_while_all_is_well_and_remembers_the_look(
    airflow: OwnAirflow, chat: Webhook, beats: Beats
) -> None:
    await_state(airflow.project, beats.job, "healthy")

    run, state = airflow.run(CHECK)

    assert state == "success", airflow.log(CHECK, run, "end_of_check")
    assert airflow.states(CHECK, run)["recover"] == "skipped"
    told = airflow.log(CHECK, run, "look_at_jobs")
    assert "INPUT LAG" in told
    assert beats.job in told
    assert chat.about(run) == []
    remembered = airflow.project.services.ledger.health_look(JobName(beats.job))
    assert remembered is not None
    assert remembered.state == "healthy"
    assert len(remembered.memory["samples"]) == 1
    assert look(airflow.project, beats.job).since == remembered.since


def test_job_that_throws_at_a_record_flaps_and_is_failing(
    project: SampleProject, flapper: Beats
) -> None:
    status = await_state(project, flapper.job, "failing")

    assert "restarted" in status.reason
    assert "times in 10 min" in status.reason
    assert "ArithmeticException: / by zero" in status.reason
    assert status.restarts_lately is not None
    assert status.restarts_lately >= 3
    ran = project.run("status", flapper.job, timeout=PATIENCE)
    assert ran.code == 1
    assert "ArithmeticException" in ran.out


def test_check_is_red_with_the_cause_and_tells_once(
    airflow: OwnAirflow, chat: Webhook, beats: Beats, flapper: Beats
) -> None:
    await_state(airflow.project, flapper.job, "failing")

    first, state = airflow.run(CHECK)

    assert state == "failed"
    said = airflow.log(CHECK, first, "end_of_check")
    assert f"{flapper.job} is failing" in said
    assert "ArithmeticException: / by zero" in said
    assert "recovery.automatic is not set in job.yaml" in said
    assert f"headgate recover {flapper.job}" in said
    assert f"{beats.job} is" not in said
    (post,) = chat.about(first)
    assert f"{flapper.job} is failing" in post["text"]
    assert "ArithmeticException" in post["text"]
    assert beats.job not in post["text"]

    second, state = airflow.run(CHECK)

    assert state == "failed"
    assert chat.about(second) == []
    since = look(airflow.project, flapper.job).since
    assert since is not None


def test_check_is_green_again_once_the_job_is_ended_on_purpose(
    airflow: OwnAirflow, flapper: Beats
) -> None:
    succeed(airflow.project, "cancel", flapper.job, "--keep-checkpoint")

    run, state = airflow.run(CHECK)

    assert state == "success", airflow.log(CHECK, run, "end_of_check")
    assert "stopped" in airflow.log(CHECK, run, "look_at_jobs")


def test_lost_jobmanager_is_unknown_then_missing_and_the_check_recovers(
    airflow: OwnAirflow, stack: OwnStack, chat: Webhook, beats: Beats
) -> None:
    project = airflow.project
    await_state(project, beats.job, "healthy")

    stack.kill(JOBMANAGER)
    states = [look(project, beats.job).state]
    stack.await_ready()
    missing = await_state(project, beats.job, "missing")

    assert states == ["unknown"], "while it is away nobody can say"
    assert "does not know the job" in missing.reason
    run, state = airflow.run(CHECK)
    assert state == "success", airflow.log(CHECK, run, "end_of_check")
    assert f"{beats.job} is missing" in airflow.log(CHECK, run, "look_at_jobs")
    (post,) = chat.about(run)
    assert f"{beats.job} is missing" in post["text"]
    assert "it is recovered now" in post["text"]
    recovered = await_state(project, beats.job, "healthy")
    assert recovered.restored_from is not None
    assert len(project.live(beats.job, LINE)) == 1


def test_unreachable_cluster_makes_the_check_neither_red_nor_blind(
    airflow: OwnAirflow, stack: OwnStack, beats: Beats
) -> None:
    """The look says unknown, and why; a cluster that is away for a moment fails nothing."""
    project = airflow.project
    run, state = airflow.run(CHECK)
    assert state == "success", airflow.log(CHECK, run, "end_of_check")
    away = project.flink_at(LINE, "http://127.0.0.1:9")
    project.use(flink=away)
    try:
        run, state = airflow.run(CHECK)
    finally:
        project.use()

    assert state == "success", airflow.log(CHECK, run, "end_of_check")
    assert "cannot be reached" in airflow.log(CHECK, run, "look_at_jobs")
    remembered = project.services.ledger.health_look(JobName(beats.job))
    assert remembered is not None
    assert remembered.state == "unknown"
    assert remembered.memory["samples"], "what was remembered of the job is not lost"
