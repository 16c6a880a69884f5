"""A ledger that is lost, or an old copy of it: recognised, never acted upon, and rebuilt."""

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from harness.sample_project import TIMESTAMP, Ran, SampleProject
from harness.stack import RunningStack
from harness.waiting import until
from headgate.ids import JobName, sql_identifier
from headgate.ledger.records import DeploymentRecord, SnapshotRecord

pytestmark = pytest.mark.slow

LINE = "2.3"
START = 1_750_000_000_000
SQL = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*) AS beats
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""


class Job:
    """A quick job that counts the beats of each second, and the beats that were sent to it."""

    def __init__(self, project: SampleProject) -> None:
        self.project = project
        self.name = JobName(f"beats-{uuid4().hex[:8]}")
        self.source = f"{self.name}-in"
        self.seconds = 0
        columns = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP), ("beats", "long")]
        project.topic(self.source, [("beat_time", TIMESTAMP)], partitioning="none")
        project.topic(self.name, columns, partitioning="none")
        self.declare(interval="500ms")
        self.succeeds("apply", "--yes")

    def declare(self, *, interval: str) -> None:
        """Another checkpoint interval is another spec with the same state."""
        self.project.job(
            self.name,
            SQL.format(sink=sql_identifier(self.name), source=sql_identifier(self.source)),
            flink=LINE,
            sources={self.source: {"event_time": "beat_time", "watermark_delay": "0s"}},
            sinks=[self.name],
            checkpoint_interval=interval,
            health={"checkpoints": 1},
        )

    def send(self, seconds: int) -> None:
        """Three beats in each of the next seconds of event time."""
        rows = [
            {"beat_time": START + second * 1000 + beat * 300}
            for second in range(self.seconds, self.seconds + seconds)
            for beat in range(3)
        ]
        self.seconds += seconds
        file = self.project.root / "beats.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self.succeeds("produce", self.source, str(file))

    def assert_counted_once(self) -> None:
        """Every window that has ended was published once, with all of its beats."""
        expected = [(START + second * 1000, 3) for second in range(self.seconds - 1)]
        found = until(
            lambda: rows if len(rows := self.published()) >= len(expected) else None,
            seconds=60,
            what=f"{len(expected)} windows are published",
            every=1,
        )
        assert found == expected

    def published(self) -> list[tuple[int, int]]:
        ran = self.succeeds("tail", self.name, "--json", "--from", "earliest", "--until", "now")
        rows = [line["value"] for line in ran.json_lines()]
        return sorted(
            (round(datetime.fromisoformat(row["window_start"]).timestamp() * 1000), row["beats"])
            for row in rows
        )

    def succeeds(self, *command: str) -> Ran:
        ran = self.project.run(*command)
        assert ran.code == 0, f"{command}: {ran.err}"
        return ran

    def is_refused(self, *command: str, saying: str) -> Ran:
        """Refused, and what runs is what ran before."""
        before = self.live()
        ran = self.project.run(*command)
        assert ran.code == 1, f"{command}: {ran.out}"
        assert saying in ran.err, ran.err
        assert self.live() == before
        return ran

    def live(self) -> list[str]:
        return [str(one) for one in self.project.live(self.name, LINE)]

    def status(self) -> dict[str, object]:
        (status,) = self.project.run("status", self.name, "--json").json()
        assert isinstance(status, dict)
        return status

    @property
    def deployments(self) -> list[DeploymentRecord]:
        return list(self.project.services.ledger.deployments(self.name))

    @property
    def savepoints(self) -> list[SnapshotRecord]:
        return list(self.project.services.ledger.snapshots(self.name))


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    return SampleProject(tmp_path_factory.mktemp("loss") / "project", stack, "ledger-loss")


@pytest.fixture
def job(project: SampleProject) -> Iterator[Job]:
    job = Job(project)
    yield job
    for running in project.live(job.name, LINE):
        project.flink(LINE).cancel(running)


def ledger_files(project: SampleProject) -> list[Path]:
    return list(project.root.glob("ledger.sqlite*"))


def lose_ledger(project: SampleProject) -> None:
    for file in ledger_files(project):
        file.unlink()


def copy_ledger(project: SampleProject, folder: Path) -> None:
    folder.mkdir()
    for file in ledger_files(project):
        shutil.copy(file, folder)


def restore_ledger(project: SampleProject, folder: Path) -> None:
    lose_ledger(project)
    for file in folder.iterdir():
        shutil.copy(file, project.root)


def test_lost_ledger__running_job_is_adopted_and_goes_on(job: Job) -> None:
    """Step: the ledger is deleted while a job runs.

    Expected: nothing acts on it; after `adopt` deploy keeps the job, stop and deploy continue it,
    nothing is lost or repeated.
    """
    project = job.project
    job.succeeds("deploy", job.name)
    job.send(8)
    job.assert_counted_once()
    before = job.deployments
    (running,) = job.live()
    lose_ledger(project)

    for command in ("deploy", "stop", "savepoint"):
        refused = job.is_refused(command, job.name, saying="the ledger was lost")
        assert f"headgate adopt {job.name}" in refused.err
        assert running in refused.err
    assert job.status()["state"] == "unknown"
    assert "the ledger was lost" in str(job.status()["reason"])
    job.is_refused("adopt", job.name, saying="--yes")

    job.succeeds("adopt", job.name, "--yes")

    (adopted,) = job.deployments
    changed = {"operation_id", "updated_at"}
    assert {k: v for k, v in vars(adopted).items() if k not in changed} == {
        k: v for k, v in vars(before[0]).items() if k not in changed
    }
    assert job.status()["state"] == "healthy"
    job.succeeds("deploy", job.name)
    assert job.live() == [running]
    assert "Nothing to adopt" in job.succeeds("adopt", job.name).out

    job.send(4)
    job.succeeds("stop", job.name)
    (savepoint,) = job.savepoints
    job.succeeds("deploy", job.name)
    latest = job.deployments[0]
    assert (latest.generation, latest.attempt) == (1, 2)
    assert latest.restored_from == savepoint.location
    job.send(4)
    job.assert_counted_once()

    job.declare(interval="700ms")
    job.succeeds("deploy", job.name)
    assert job.deployments[0].generation == 2
    job.send(3)
    job.assert_counted_once()


def test_older_ledger__is_recognised_by_what_runs(job: Job, tmp_path: Path) -> None:
    """Step: an older copy of the ledger is restored, two generations behind what runs.

    Expected: nothing acts on it; after `adopt` the numbers go on, nothing is lost or repeated.
    """
    project = job.project
    job.succeeds("deploy", job.name)
    copy_ledger(project, tmp_path / "copy")
    job.send(5)
    for interval in ("600ms", "700ms"):
        job.declare(interval=interval)
        job.succeeds("deploy", job.name)
    (running,) = job.live()
    restore_ledger(project, tmp_path / "copy")

    for command in ("deploy", "stop", "savepoint"):
        refused = job.is_refused(command, job.name, saying="the ledger is older than what runs")
        assert "generation 3 runs" in refused.err
        assert "knows generation 1" in refused.err
    assert job.status()["state"] == "unknown"

    job.succeeds("adopt", job.name, "--yes")

    assert [one.generation for one in job.deployments] == [3, 2, 1]
    assert [one.state for one in job.deployments] == ["healthy", "stopped", "stopped"]
    assert {(one.generation, one.format, one.origin, one.pinned) for one in job.savepoints} == {
        (1, "canonical", "stop", True),
        (2, "canonical", "stop", True),
    }
    assert job.status()["state"] == "healthy"
    job.succeeds("deploy", job.name)
    assert job.live() == [running]
    job.declare(interval="500ms")
    job.succeeds("deploy", job.name)
    assert job.deployments[0].generation == 4
    job.send(4)
    job.assert_counted_once()


def test_older_ledger__of_a_stopped_job_is_recognised_by_its_savepoint(
    job: Job, tmp_path: Path
) -> None:
    """Step: stop, then restore the ledger from before the stop.

    Expected: deploy starts nothing; after `adopt` it continues from the savepoint.
    """
    project = job.project
    job.succeeds("deploy", job.name)
    job.send(5)
    job.assert_counted_once()
    copy_ledger(project, tmp_path / "copy")
    job.succeeds("stop", job.name)
    (savepoint,) = job.savepoints
    restore_ledger(project, tmp_path / "copy")

    refused = job.is_refused("deploy", job.name, saying="the ledger is older")
    assert savepoint.location in refused.err

    job.succeeds("adopt", job.name, "--yes")
    assert job.status()["state"] == "stopped"
    job.succeeds("deploy", job.name)
    assert job.deployments[0].restored_from == savepoint.location
    job.send(3)
    job.assert_counted_once()


def test_lost_ledger__without_the_kept_submission_needs_a_person(job: Job) -> None:
    """Step: ledger and kept submissions are lost while the job runs.

    Expected: `adopt` writes nothing and says what to restore; restored, it adopts.
    """
    project = job.project
    job.succeeds("deploy", job.name)
    lose_ledger(project)
    kept = project.root / "artefacts" / job.name / "deployments"
    kept.rename(kept.with_name("away"))

    refused = job.is_refused("adopt", job.name, "--yes", saying="what it runs from is not known")
    assert str(kept) in refused.err
    assert job.deployments == []

    kept.with_name("away").rename(kept)
    job.succeeds("adopt", job.name, "--yes")
    assert job.status()["state"] == "healthy"


def test_adopt__of_a_name_that_never_ran_says_so(job: Job) -> None:
    """Step: adopt a job that was never deployed. Expected: nothing is written, the reason told."""
    job.is_refused("adopt", job.name, "--yes", saying="nothing of")
    assert job.deployments == []
