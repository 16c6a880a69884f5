"""A change of state that Flink would take without a word is refused before anything is touched."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from harness.sample_project import TIMESTAMP, Ran, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.clients.flink import JobPicture
from headgate.clients.locations import plain_location
from headgate.ids import FlinkJobId, JobName, sql_identifier
from headgate.ledger.records import DeploymentRecord
from headgate.operations.declared_binding import declared_binding
from headgate.operations.describe_state import describe_state
from headgate.operations.flink_python import flink_python_of
from headgate.spec.load import load_declared

pytestmark = pytest.mark.slow

LINE = "2.2"
PATIENCE = 600.0
SOURCE, SINK = (f"state-{uuid4().hex[:8]}-{end}" for end in ("in", "out"))
PYTHON = '''"""Counts the beats of each device."""

import uuid

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import ListStateDescriptor, ValueStateDescriptor


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self._count = runtime_context.get_state(ValueStateDescriptor("count", {state}))
        {more}

    def process_element(self, value, ctx):
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        yield Row(value[0], count)


def build(job):
    rows = job.tables.sql_query("SELECT device, amount FROM {source}")
    row = Types.ROW([Types.STRING(), Types.LONG()])
    beats = job.tables.to_append_stream(rows, row)
    counted = (
        beats.key_by({key})
        .process(Count(), output_type=Types.ROW_NAMED(["device", "beats"], row.get_field_types()))
        .uid("{uid}")
    )
    job.write("{sink}", job.tables.from_data_stream(counted))
'''
PICKLED = (
    "Types.PICKLED_BYTE_ARRAY()  # headgate: allow state-type - what this test is about\n        "
)
SQL = """INSERT INTO {sink}
SELECT device, {aggregate} AS beats
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY device, window_start, window_end
"""


@dataclass(frozen=True)
class Live:
    """A deployed job, and what of it must stay as it is."""

    project: SampleProject
    name: str
    flink_job_id: FlinkJobId

    def picture(self) -> JobPicture:
        picture = self.project.flink(LINE).job(self.flink_job_id)
        assert picture is not None
        return picture

    def deployments(self) -> list[DeploymentRecord]:
        return list(self.project.services.ledger.deployments(JobName(self.name)))

    def python(self, **parts: str) -> None:
        write_python(self.project, self.name, **parts)

    def assert_refused_and_untouched(self, *words: str) -> None:
        """The deployment is refused with these words; the same job runs on and checkpoints."""
        before = self.picture()
        ran = self.project.run("deploy", self.name, timeout=PATIENCE)
        assert ran.code == 1, ran.out + ran.err
        for word in (*words, "--start-empty", f"{self.flink_job_id} runs on"):
            assert word in ran.err
        assert self.project.live(self.name, LINE) == [self.flink_job_id]
        assert [one.flink_job_id for one in self.deployments()] == [self.flink_job_id]
        assert self.project.services.ledger.snapshots(JobName(self.name)) == []
        completed = before.checkpoints.completed
        until(
            lambda: self.picture().checkpoints.completed > completed,
            seconds=120,
            what="the live job goes on with its checkpoints",
        )
        assert self.picture().restarts == before.restarts


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    project = SampleProject(tmp_path_factory.mktemp("state") / "project", stack, "state-manifest")
    columns = [("device", "string"), ("amount", "long"), ("beat_time", TIMESTAMP)]
    project.topic(SOURCE, columns, partitioning="none")
    project.topic(SINK, [("device", "string"), ("beats", "long")], partitioning="none")
    assert project.run("apply", "--yes").code == 0
    rows = project.root / "rows.csv"
    rows.write_text(
        "device,amount,beat_time\nd1,1,2026-01-01T00:00:00Z\nd2,2,2026-01-01T00:00:05Z\n"
    )
    assert project.run("produce", SOURCE, str(rows)).code == 0
    return project


@pytest.fixture
def python_job(project: SampleProject) -> Iterator[Live]:
    name = f"beats-{uuid4().hex[:8]}"
    write_python(project, name, state=PICKLED)
    try:
        yield deployed(project, name)
    finally:
        forget(project, name)


@pytest.fixture
def sql_job(project: SampleProject) -> Iterator[Live]:
    name = f"beats-{uuid4().hex[:8]}"
    write_sql(project, name, "COUNT(*)")
    try:
        yield deployed(project, name)
    finally:
        forget(project, name)


def options(**changed: object) -> dict[str, object]:
    return {
        "flink": LINE,
        "sources": {SOURCE: {"event_time": "beat_time"}},
        "sinks": [SINK],
        "checkpoint_interval": "500ms",
        "health": {"checkpoints": 1, "deadline": "10m"},
        **changed,
    }


def write_sql(project: SampleProject, name: str, aggregate: str, **changed: object) -> None:
    names = {"sink": sql_identifier(SINK), "source": sql_identifier(SOURCE)}
    project.job(name, SQL.format(aggregate=aggregate, **names), **options(**changed))


def write_python(
    project: SampleProject,
    name: str,
    *,
    state: str = "Types.LONG()",
    key: str = "lambda row: row[0], key_type=Types.STRING()",
    uid: str = "count-beats",
    more: str = "",
) -> None:
    names = {"sink": sql_identifier(SINK), "source": sql_identifier(SOURCE)}
    project.job(name, "", **options())
    folder = project.root / "flink_jobs" / name
    (folder / "job.sql").unlink()
    code = PYTHON.format(state=state, key=key, uid=uid, more=more, **names)
    (folder / "job.py").write_text(code)


def deployed(project: SampleProject, name: str) -> Live:
    ran = project.run("deploy", name, timeout=PATIENCE)
    assert ran.code == 0, ran.err
    (running,) = project.live(name, LINE)
    return Live(project, name, running)


def forget(project: SampleProject, name: str) -> None:
    project.end_all_jobs()
    until(lambda: not project.live(name, LINE), seconds=60, what="the job has ended")
    for file in (project.root / "flink_jobs" / name).iterdir():
        file.unlink()
    (project.root / "flink_jobs" / name).rmdir()


def test_python__changes_that_flink_would_take_silently_are_refused(python_job: Live) -> None:
    """Step: PICKLED → LONG, another uid, another key type, one after the other.

    Expected: each is refused with its state and operator; the job runs on as if nothing was.
    """
    recorded = python_job.deployments()[0].state_manifest
    assert recorded is not None
    counted = recorded["operators"]["count-beats"]
    assert counted["states"] == {"count": "value PickledByteArrayTypeInfo"}

    python_job.python(state="Types.LONG()")
    python_job.assert_refused_and_untouched(
        "state 'count' of operator 'count-beats' changes its type",
        "PickledByteArrayTypeInfo → value Long",
    )
    shown = python_job.project.run("state", python_job.name, "--json", timeout=PATIENCE)
    assert shown.code == 3, shown.err
    assert [one["kind"] for one in shown.json()["differences"]] == ["type_changed"]

    python_job.python(state=PICKLED, uid="count-all-beats")
    python_job.assert_refused_and_untouched("'count'", "count-beats → count-all-beats")

    python_job.python(state=PICKLED, key="lambda row: row[1], key_type=Types.LONG()")
    python_job.assert_refused_and_untouched(
        "state 'count' of operator 'count-beats' changes its key", "String", "Long"
    )


def test_python__more_state_and_other_code_are_deployed_with_the_state_of_before(
    python_job: Live,
) -> None:
    """Step: declare one state more. Expected: restored from the savepoint of the job before."""
    extra = 'self._seen = runtime_context.get_list_state(ListStateDescriptor("seen", Types.LONG()))'
    python_job.python(state=PICKLED, more=extra)

    ran = python_job.project.run("deploy", python_job.name, timeout=PATIENCE)

    assert ran.code == 0, ran.err
    latest = python_job.deployments()[0]
    assert (latest.generation, latest.attempt) == (2, 1)
    assert latest.restored_from is not None
    assert latest.state_manifest is not None
    states = latest.state_manifest["operators"]["count-beats"]["states"]
    assert sorted(states) == ["count", "seen"]
    assert_operators_are_in_the_snapshot(latest)
    assert latest.flink_version is not None
    assert latest.flink_version.startswith(LINE)


def test_python__state_that_cannot_be_told_is_refused_with_its_place(python_job: Live) -> None:
    """Step: a state whose name is another at each start. Expected: refused with file and line."""
    name = "str(uuid.uuid4())"
    more = f"runtime_context.get_state(ValueStateDescriptor({name}, Types.LONG()))"
    python_job.python(state=PICKLED, more=more)

    ran = python_job.project.run("deploy", python_job.name, timeout=PATIENCE)

    assert ran.code == 1
    assert f"{python_job.name}/job.py:" in ran.err
    assert "another each time" in ran.err
    assert python_job.project.live(python_job.name, LINE) == [python_job.flink_job_id]


def test_sql__changed_aggregate_is_refused_with_its_state(sql_job: Live) -> None:
    """Step: COUNT → MAX. Expected: refused, naming the window's state; the job runs on."""
    write_sql(sql_job.project, sql_job.name, "MAX(amount)")

    sql_job.assert_refused_and_untouched(
        "its SQL has changed", "state 'window-aggs' of operator", "global-window-aggregate", "MAX("
    )


def test_sql__plan_stays_the_same_bytes_while_the_sql_stays(sql_job: Live) -> None:
    """Step: another interval, a changed runtime, the kept plan gone; deploy.

    Expected: a new generation that restores the savepoint, from a plan equal byte for byte.
    """
    project, name = sql_job.project, sql_job.name
    first = plan_of(sql_job.deployments()[0])
    (runtime,) = project.root.glob("flink_jobs/headgate_runtime/statements.py")
    runtime.write_text(runtime.read_text() + "\n# another runtime\n")
    for kept in (project.root / "artefacts" / name / "plans").iterdir():
        kept.unlink()
    write_sql(project, name, "-- the same\n  COUNT(*)", checkpoint_interval="700ms")

    ran: Ran = project.run("deploy", name, timeout=PATIENCE)

    assert ran.code == 0, ran.err
    latest = sql_job.deployments()[0]
    assert (latest.generation, latest.restored_from is not None) == (2, True)
    assert plan_of(latest) == first
    assert latest.artefact_digest != sql_job.deployments()[1].artefact_digest
    (kept,) = (project.root / "artefacts" / name / "plans").iterdir()
    assert kept.read_bytes() == first
    assert project.run("state", name, timeout=PATIENCE).code == 0
    assert_operators_are_in_the_snapshot(latest)


@pytest.mark.parametrize("shipped", ["stuck-sensors"])
def test_python__both_flink_lines_describe_the_same_state(
    stack: RunningStack, shipped: str
) -> None:
    """Step: describe a shipped job for each Flink line. Expected: equal, so an upgrade compares."""
    declared = load_declared(stack.project)
    job = declared.jobs[JobName(shipped)]
    binding = declared_binding(job, declared.topics, stack)
    lines = sorted(stack.settings.flink)
    found = [
        describe_state(job, binding, flink_python_of(stack.project, line, stack)) for line in lines
    ]
    assert len(lines) > 1
    assert found == [found[0]] * len(lines)
    assert "window_anchor_value: Double" in found[0]


def assert_operators_are_in_the_snapshot(deployment: DeploymentRecord) -> None:
    """Flink 2 writes the uids of a snapshot's operators into its `_metadata`."""
    assert deployment.restored_from is not None
    assert deployment.state_manifest is not None
    folder = Path(plain_location(deployment.restored_from))
    metadata = (folder / "_metadata").read_bytes()
    for uid in deployment.state_manifest["operators"]:
        assert uid.encode() in metadata, uid


def plan_of(deployment: DeploymentRecord) -> bytes:
    assert deployment.artefacts is not None
    return (Path(deployment.artefacts) / "plan.json").read_bytes()
