"""Savepoints of a live job: taken, proven, found corrupt, disposed of; the job goes on."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from harness.beats import Beats
from harness.sample_project import SampleProject
from harness.stack import RunningStack
from harness.transactional_ids import transactional_ids
from harness.waiting import until
from headgate.clients.consumer_groups import ConsumerGroups
from headgate.clients.flink import JobPicture
from headgate.clients.locations import plain_location
from headgate.clients.storage import MAGIC_NUMBER, is_there
from headgate.ids import EnvironmentName, JobName, sql_identifier
from headgate.plan.rehearsal_binding import rehearsal_group, rehearsal_name

pytestmark = pytest.mark.slow

LINE = "2.3"
PATIENCE = 600.0
IN_FILES = {"execution.checkpointing.data-inline-threshold": "0"}
"""State goes into files of its own, however small."""
PYTHON = '''"""Counts the beats so far."""

from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction
from pyflink.datastream.state import ValueStateDescriptor


class Count(KeyedProcessFunction):
    def open(self, runtime_context):
        self._count = runtime_context.get_state(ValueStateDescriptor("count", Types.LONG()))

    def process_element(self, value, ctx):
        count = (self._count.value() or 0) + 1
        self._count.update(count)
        yield Row(value[0], count)


def build(job):
    rows = job.tables.sql_query("SELECT MOD(number, 3), number FROM {source}")
    row = Types.ROW([Types.LONG(), Types.LONG()])
    beats = job.tables.to_append_stream(rows, row)
    counts = Types.ROW_NAMED(["remainder", "beats"], row.get_field_types())
    keyed = beats.key_by(lambda beat: beat[0], key_type=Types.LONG())
    counted = keyed.process(Count(), output_type=counts).uid("count")
    job.write("{sink}", job.tables.from_data_stream(counted))
'''


@pytest.fixture(scope="module")
def project(
    stack: RunningStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SampleProject]:
    root = tmp_path_factory.mktemp("savepoints") / "project"
    project = SampleProject(root, stack, f"savepoints-{uuid4().hex[:6]}")
    yield project
    project.end_all_jobs()


@pytest.fixture(scope="module")
def beats(project: SampleProject) -> Iterator[Beats]:
    """A live job with a stream of beats."""
    beats = Beats(
        project,
        f"beats-{uuid4().hex[:6]}",
        flink=LINE,
        flink_configuration=IN_FILES,
        savepoint={"keep": 2},
    )
    succeed(project, "apply", "--yes")
    with beats.beating():
        succeed(project, "deploy", beats.job)
        yield beats


def succeed(project: SampleProject, *command: str) -> str:
    ran = project.run(*command, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran.out


def live(project: SampleProject, job: str) -> JobPicture:
    (job_id,) = project.live(job, LINE)
    picture = project.flink(LINE).job(job_id)
    assert picture is not None
    return picture


def newest(project: SampleProject, job: str) -> dict[str, Any]:
    ran = project.run("savepoints", job, "--json")
    assert ran.code == 0, ran.err
    first: dict[str, Any] = ran.json()[0]
    return first


def assert_runs_on(project: SampleProject, job: str, before: JobPicture) -> None:
    """The same Flink job, never restarted, with checkpoints since."""
    until(
        lambda: live(project, job).checkpoints.completed > before.checkpoints.completed,
        seconds=120,
        what="the live job goes on with its checkpoints",
    )
    after = live(project, job)
    assert (after.id, after.started_at) == (before.id, before.started_at)
    restarts = until(
        lambda: [n for n in [live(project, job).restarts] if n is not None],
        seconds=60,
        what="Flink tells how often the job has restarted",
    )
    assert restarts == [0]


def assert_nothing_left_of_the_shadow(project: SampleProject, job: str) -> None:
    settings = project.services.environment.settings
    group = rehearsal_group(EnvironmentName(project.name), JobName(job))
    assert project.live(rehearsal_name(JobName(job)), LINE) == []
    assert not ConsumerGroups(settings.kafka).is_there(group)
    folder = Path(plain_location(settings.state)) / "rehearsals" / job
    assert not any(folder.glob("*"))
    ids = transactional_ids(settings.kafka["bootstrap.servers"])
    prefix = f"headgate.{project.name}.{job}."
    assert any(one.startswith(f"{prefix}live.") for one in ids), ids
    assert not any(one.startswith(f"{prefix}rehearsal") for one in ids)


@pytest.mark.parametrize("savepoint_format", ["canonical", "native"])
def test_savepoint_of_a_live_job(
    project: SampleProject, beats: Beats, savepoint_format: str
) -> None:
    before = live(project, beats.job)

    succeed(project, "savepoint", beats.job, "--format", savepoint_format)

    taken = newest(project, beats.job)
    folder = Path(plain_location(taken["location"]))
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert (folder / "_metadata").read_bytes()[:4] == MAGIC_NUMBER.to_bytes(4, "big")
    assert taken["size_bytes"] == sum(file.stat().st_size for file in files)
    assert len(files) > 1
    assert (taken["format"], taken["origin"], taken["state"]) == (
        savepoint_format,
        "on_demand",
        "whole",
    )
    assert taken["flink_version"].startswith(f"{LINE}.")
    assert 0 < taken["duration"] < PATIENCE
    assert taken["flink_job_id"] == before.id
    assert taken["proven_at"] is None
    assert_runs_on(project, beats.job, before)


def test_savepoint__storage_refuses(project: SampleProject, beats: Beats) -> None:
    """Step: a file stands where the folder of savepoints belongs. Expected: the cause is told,
    nothing is recorded, the job keeps running.
    """
    before, known = live(project, beats.job), newest(project, beats.job)
    root = Path(plain_location(project.services.environment.settings.state)) / "savepoints"
    aside = root / f"{beats.job}-aside"
    (root / beats.job).rename(aside)
    (root / beats.job).write_text("in the way")
    try:
        refused = project.run("savepoint", beats.job, timeout=PATIENCE)
    finally:
        (root / beats.job).unlink()
        aside.rename(root / beats.job)

    assert refused.code == 1
    assert "the savepoint failed, 2 times" in refused.err
    assert "The job keeps running; no savepoint was recorded." in refused.err
    assert newest(project, beats.job)["location"] == known["location"]
    assert_runs_on(project, beats.job, before)


def test_prove__live_job_writes_all_the_time(project: SampleProject, beats: Beats) -> None:
    """Step: the newest savepoint is restored in a shadow job. Expected: it is proven; the live
    job has no restart, and none of its transactions is touched.
    """
    succeed(project, "savepoint", beats.job)
    before = live(project, beats.job)

    succeed(project, "prove", beats.job)

    assert newest(project, beats.job)["proven_at"] is not None
    assert_runs_on(project, beats.job, before)
    assert_nothing_left_of_the_shadow(project, beats.job)


def test_prove__state_file_truncated(project: SampleProject, beats: Beats) -> None:
    """Step: a state file of the newest savepoint is cut off; its `_metadata` is whole.

    Expected: the shadow job finds it, it is set aside, the older one is named, the job runs on.
    """
    good = newest(project, beats.job)
    succeed(project, "savepoint", beats.job, "--format", "canonical")
    broken = newest(project, beats.job)
    folder = Path(plain_location(broken["location"]))
    files = [file for file in folder.iterdir() if file.name != "_metadata"]
    for file in files:
        file.write_bytes(file.read_bytes()[:10])
    before = live(project, beats.job)

    refused = project.run("prove", beats.job, timeout=PATIENCE)

    assert refused.code == 1
    assert f"{broken['location']} cannot be restored" in refused.err
    assert good["location"] in refused.err
    states = {one["location"]: one["state"] for one in savepoints(project, beats.job)}
    assert (states[broken["location"]], states[good["location"]]) == ("quarantined", "whole")
    assert_runs_on(project, beats.job, before)
    assert_nothing_left_of_the_shadow(project, beats.job)


def test_prove__metadata_truncated(project: SampleProject, beats: Beats) -> None:
    """Step: `_metadata` of the newest savepoint is cut off behind its magic number.

    Expected: it is set aside, the job runs on.
    """
    succeed(project, "savepoint", beats.job)
    broken = newest(project, beats.job)
    file = Path(plain_location(broken["location"])) / "_metadata"
    file.write_bytes(file.read_bytes()[:50])
    before = live(project, beats.job)

    refused = project.run("prove", beats.job, timeout=PATIENCE)

    assert refused.code == 1
    states = {one["location"]: one["state"] for one in savepoints(project, beats.job)}
    assert states[broken["location"]] == "quarantined", refused.err
    assert_runs_on(project, beats.job, before)
    assert_nothing_left_of_the_shadow(project, beats.job)


def test_dispose_keeps_what_the_policy_says(project: SampleProject, beats: Beats) -> None:
    """Step: more savepoints than are kept, the oldest pinned, some in quarantine.

    Expected: the two newest, the pinned one and the quarantined stay; the rest is gone.
    """
    for _ in range(2):
        succeed(project, "savepoint", beats.job)
    before = savepoints(project, beats.job)
    whole = [one["location"] for one in before if one["state"] == "whole"]
    aside = [one["location"] for one in before if one["state"] == "quarantined"]
    succeed(project, "savepoints", beats.job, "--pin", whole[-1])

    succeed(project, "dispose-savepoints", beats.job)

    left = [one["location"] for one in savepoints(project, beats.job)]
    assert sorted(left) == sorted([*whole[:2], whole[-1], *aside])
    assert len(whole) >= 4
    for location in whole:
        assert is_there(location) == (location in left)
    refused = project.run("savepoints", beats.job, "--pin", whole[2])
    assert (refused.code, "has no recorded savepoint" in refused.err) == (1, True)


def test_stop_records_size_and_duration_and_the_results_are_whole(
    project: SampleProject, beats: Beats
) -> None:
    """Step: after all of the above, stop. Expected: every window was published exactly once."""
    windows = beats.assert_every_window_once()
    succeed(project, "stop", beats.job)

    stopped = newest(project, beats.job)
    assert stopped["origin"] == "stop"
    assert stopped["size_bytes"] > stopped["metadata_bytes"] > 0
    assert stopped["duration"] is not None
    assert windows > 20
    refused = project.run("savepoint", beats.job)
    assert (refused.code, "does not run" in refused.err) == (1, True)


def test_prove__python_job(project: SampleProject, beats: Beats) -> None:
    """Step: the savepoint of a Python job is restored in a shadow job.

    Expected: its operators find their state, its sinks lead nowhere, the live job runs on.
    """
    name = f"counts-{uuid4().hex[:6]}"
    project.topic(name, [("remainder", "long"), ("beats", "long")], partitioning="none")
    folder = project.root / "flink_jobs" / name
    project.job(
        name,
        "",
        flink=LINE,
        sources={beats.source: {"event_time": "beat_time"}},
        sinks=[name],
        checkpoint_interval="1s",
        health={"checkpoints": 1, "deadline": "10m"},
    )
    (folder / "job.sql").unlink()
    code = PYTHON.replace("{source}", sql_identifier(beats.source))
    (folder / "job.py").write_text(code.replace("{sink}", sql_identifier(name)))
    succeed(project, "apply", "--yes")
    succeed(project, "deploy", name)
    succeed(project, "savepoint", name)
    before = live(project, name)

    succeed(project, "prove", name)

    assert newest(project, name)["proven_at"] is not None
    assert_runs_on(project, name, before)
    assert_nothing_left_of_the_shadow(project, name)


def savepoints(project: SampleProject, job: str) -> list[dict[str, Any]]:
    ran = project.run("savepoints", job, "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json()
    return found
