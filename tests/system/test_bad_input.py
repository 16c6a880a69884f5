"""What is wrong is said with its place and the next step, exit code 1, and nothing is half done."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from harness.sample_project import TIMESTAMP, Ran, SampleProject
from harness.stack import RunningStack
from headgate.ids import JobName, sql_identifier
from headgate.spec.environment import RegistryAddress

LINE = "2.3"
NOWHERE = "127.0.0.1:1"
IN, OUT = (f"gauge-{uuid4().hex[:8]}-{end}" for end in ("in", "out"))
SQL = """INSERT INTO {out}
SELECT window_start, COUNT(*) AS readings
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(gauge_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    project = SampleProject(tmp_path_factory.mktemp("bad") / "project", stack, "bad-input")
    project.topic(IN, [("gauge_time", TIMESTAMP)], partitioning="none")
    project.topic(OUT, [("window_start", TIMESTAMP), ("readings", "long")], partitioning="none")
    return project


@pytest.fixture
def job(project: SampleProject) -> Iterator[str]:
    name = f"gauge-{uuid4().hex[:8]}"
    declare(project, name, SQL)
    yield name
    project.use()
    project.end_all_jobs()
    for file in (project.root / "flink_jobs" / name).iterdir():
        file.unlink()
    (project.root / "flink_jobs" / name).rmdir()


def declare(project: SampleProject, name: str, sql: str) -> None:
    project.job(
        name,
        sql.format(out=sql_identifier(OUT), source=sql_identifier(IN)),
        flink=LINE,
        sources={IN: {"event_time": "gauge_time"}},
        sinks=[OUT],
    )


def assert_clear(ran: Ran, *words: str) -> None:
    """Exit code 1; what happened, what stays true and the next step; no stack trace."""
    text = ran.out + ran.err
    assert ran.code == 1, text
    for word in words:
        assert word in text
    assert "Traceback" not in text
    assert "Next: " in text


def assert_nothing_was_started(project: SampleProject, job: str) -> None:
    assert project.live(job, LINE) == []
    assert project.services.ledger.deployments(JobName(job)) == []
    assert project.services.ledger.running_operation(JobName(job)) is None


@pytest.mark.parametrize(
    "name",
    [
        "../etc/passwd",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("gauge; rm -rf /", "gauge\n", "", "{{ x }}")
        ),
    ],
)
def test_job_name_from_a_stranger_is_refused(project: SampleProject, name: str) -> None:
    for command in ("deploy", "stop", "status"):
        assert_clear(project.run(command, name), "changed" if command != "status" else "no job")


def test_misspelt_job_is_refused_with_the_right_one(project: SampleProject, job: str) -> None:
    assert_clear(project.run("deploy", f"{job}s"), f"did you mean '{job}'?", "Nothing was changed")


def test_topics_and_schemas_that_are_missing_are_all_named(
    project: SampleProject, job: str
) -> None:
    ran = project.run("deploy", job)

    assert_clear(ran, f"{IN}-value is not registered", f"{OUT}-value", "headgate apply")
    assert_nothing_was_started(project, job)


def test_sql_error_is_shown_with_its_line(project: SampleProject, job: str) -> None:
    assert project.run("apply", "--yes").code == 0
    declare(project, job, SQL.replace("COUNT(*)", "COUNT(wrong_column)"))

    ran = project.run("deploy", job)

    assert_clear(ran, f"{job}/job.sql:2:", "column 28", "wrong_column")
    assert_nothing_was_started(project, job)
    lint = project.run("lint", "--sql")
    assert lint.code == 1
    assert f"{job}/job.sql:2:" in lint.out


def test_broker_down_is_said_with_its_address(project: SampleProject, job: str) -> None:
    project.use(kafka={"bootstrap.servers": NOWHERE})

    for command in (["deploy", job], ["plan"], ["apply", "--yes"], ["tail", OUT]):
        assert_clear(project.run(*command), NOWHERE)
    assert_nothing_was_started(project, job)


def test_registry_down_is_said_with_its_address(
    project: SampleProject, job: str, tmp_path: Path
) -> None:
    project.use(registry=RegistryAddress(url=f"http://{NOWHERE}/apis/ccompat/v7"))
    rows = tmp_path / "rows.csv"
    rows.write_text("gauge_time\n2026-01-01T00:00:00Z\n")

    for command in (["deploy", job], ["plan"], ["apply", "--yes"], ["produce", IN, str(rows)]):
        assert_clear(project.run(*command), NOWHERE)
    assert_nothing_was_started(project, job)


def test_flink_down_is_said_with_its_address(project: SampleProject, job: str) -> None:
    assert project.run("apply", "--yes").code == 0
    project.use(flink=project.flink_at(LINE, f"http://{NOWHERE}"))

    assert_clear(project.run("deploy", job), f"http://{NOWHERE}")
    project.use()
    assert_nothing_was_started(project, job)


def test_driver_that_fails_in_flink_is_explained_and_can_be_mended(
    project: SampleProject, job: str, tmp_path: Path
) -> None:
    """The connector refuses an option that only it knows: after lint, plan and compilation."""
    del tmp_path
    assert project.run("apply", "--yes").code == 0
    folder = project.root / "flink_jobs" / job
    good = (folder / "job.yaml").read_text()
    project.job(
        job,
        (folder / "job.sql").read_text(),
        flink=LINE,
        sources={IN: {"event_time": "gauge_time"}},
        sinks=[OUT],
        flink_configuration={"state.backend.type": "no-such-backend"},
    )

    assert_clear(project.run("deploy", job), job, "no-such-backend")
    assert project.live(job, LINE) == []

    (folder / "job.yaml").write_text(good)
    mended = project.run("deploy", job)
    assert mended.code == 0, mended.err
    assert len(project.live(job, LINE)) == 1
