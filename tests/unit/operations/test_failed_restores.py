"""A restore that failed on the snapshot's own files is remembered; any other failure is not."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import MAGIC, FakeJob
from harness.offline_project import ENVIRONMENT, LINE, START, OfflineProject
from headgate.errors import Rejected
from headgate.ids import Digest, JobName, flink_job_id
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.engine.step import Done, Intention, Pending, Run
from headgate.operations.restoring.chosen_snapshot import choose_snapshot
from headgate.operations.restoring.known_snapshots import checkpoint_folder, known_snapshots
from headgate.plan.snapshot import Snapshot

JOB = JobName("beats-per-second")
FIRST, SECOND = (flink_job_id(ENVIRONMENT, JOB, 1, attempt) for attempt in (1, 2))
READING = "java.lang.Exception: Exception while creating StreamOperatorStateContext.\n\tat org"
CUT = f"{READING}\nCaused by: org.apache.flink.X: backend\nCaused by: java.io.EOFException\n\tat y"


@dataclass
class Restored:
    """A second attempt that was restored from the last of two checkpoints of the first."""

    project: OfflineProject
    job: FakeJob
    run: Run
    shared: Path

    def becomes_healthy(self, after: timedelta = timedelta(minutes=4)) -> None:
        """Look until it ends, as the engine does."""
        step = BecomeHealthy()
        ledger = self.project.services.ledger
        intent = step.intend(self.run)
        ledger.intend_step(self.run.lease, step.name, 0, intent)
        for _ in range(5):
            record = ledger.steps(self.run.id)[0]
            looked = step.look(self.run, Intention(record.intent, record.progress, after))
            if isinstance(looked, Done):
                return
            assert isinstance(looked, Pending)
            if looked.progress is not None:
                ledger.note_progress(self.run.lease, step.name, looked.progress)
        pytest.fail("it waits without end")

    @property
    def newest(self) -> Snapshot:
        return known_snapshots(self.project.services, JOB)[0]


@pytest.fixture
def restored(project: OfflineProject) -> Restored:
    project.job(JOB)
    ledger = project.services.ledger
    folder = Path(checkpoint_folder(project.services, JOB)) / FIRST
    for number in (1, 2):
        (folder / f"chk-{number}").mkdir(parents=True)
        metadata = MAGIC + b"\0\0\0\4" + number.to_bytes(8, "big") + b"rest"
        (folder / f"chk-{number}" / "_metadata").write_bytes(metadata)
    shared = folder / "shared" / "state"
    shared.parent.mkdir()
    shared.write_bytes(b"state")
    lease = project.lease(JOB, "recover-2", kind="recover")
    first = replace(ledger.deployments(JOB)[0], flink_version="2.3.0")
    ledger.update_deployment(lease, FIRST, "healthy", flink_version="2.3.0")
    at = f"file:{folder}/chk-2"
    second = replace(
        first,
        attempt=2,
        flink_job_id=SECOND,
        state="intended",
        restored_from=at,
        operation_id=lease.operation_id,
    )
    ledger.add_deployment(lease, second)
    job = FakeJob(SECOND, JOB, "RESTARTING", completed=0, restored_from=at, exceptions=[CUT, CUT])
    project.flink.jobs = {SECOND: job}
    operation = ledger.operation(lease.operation_id)
    assert operation is not None
    evidence = {
        "plan": {"line": LINE, "checkpoints": 1, "deadline_seconds": 180},
        "submit": {"flink_job_id": SECOND, "restore_from": at},
    }
    project.time.at = START
    return Restored(project, job, Run(operation, lease, project.services, evidence), shared)


def test_next_restore_takes_the_older_one_and_says_why(restored: Restored) -> None:
    with pytest.raises(Rejected, match="did not become healthy"):
        restored.becomes_healthy()

    chosen = choose_snapshot(
        restored.project.services,
        JOB,
        FIRST,
        named=None,
        accept_age=True,
        command="recover",
    )

    assert chosen.snapshot.location.endswith("/chk-1")
    (note,) = [note for note in chosen.notes if "chk-2" in note]
    assert "its last restore failed: Flink could not read its files: java.io.EOFException" in note


def test_person_may_restore_it_all_the_same(restored: Restored) -> None:
    with pytest.raises(Rejected):
        restored.becomes_healthy()

    chosen = choose_snapshot(
        restored.project.services,
        JOB,
        FIRST,
        named=restored.job.restored_from,
        accept_age=False,
        command="recover",
    )

    assert chosen.snapshot.location == restored.job.restored_from


def test_file_that_is_missing_from_here_too_is_its_fault(restored: Restored) -> None:
    restored.shared.unlink()
    missing(restored)

    with pytest.raises(Rejected):
        restored.becomes_healthy()

    assert "a file of it is missing" in (restored.newest.failed_restore or "")


def missing(restored: Restored) -> None:
    cause = f"java.io.FileNotFoundException: {restored.shared} (No such file or directory)"
    restored.job.exceptions = [f"{READING}\nCaused by: {cause}\n\tat y"] * 2


def not_mounted_there(restored: Restored) -> None:
    """The TaskManager does not see a file that is there."""
    missing(restored)


def storage_is_away(restored: Restored) -> None:
    missing(restored)
    restored.shared.parent.parent.rename(restored.project.root / "away")


def code_has_changed(restored: Restored) -> None:
    changed(restored, artefact_digest=Digest("other"))


def other_flink(restored: Restored) -> None:
    changed(restored, flink_version="2.3.1")


def changed(restored: Restored, **columns: str) -> None:
    ledger = restored.project.services.ledger
    ledger.update_deployment(restored.run.lease, SECOND, "intended", **columns)


def failed_otherwise_too(restored: Restored) -> None:
    restored.job.exceptions = [CUT, "java.lang.Exception: TaskManager lost"]


def worked_for_a_while(restored: Restored) -> None:
    restored.job.completed = 1


INNOCENT = [
    not_mounted_there,
    storage_is_away,
    code_has_changed,
    other_flink,
    failed_otherwise_too,
    worked_for_a_while,
]


@pytest.mark.parametrize("happens", INNOCENT, ids=lambda one: one.__name__)
def test_nothing_is_remembered_when(restored: Restored, happens: object) -> None:
    assert callable(happens)
    happens(restored)

    with pytest.raises(Rejected):
        restored.becomes_healthy()

    away = restored.project.root / "away"
    if away.exists():
        away.rename(restored.shared.parent.parent)
    assert restored.newest.failed_restore is None
    assert restored.newest.location == restored.job.restored_from


def test_job_that_came_up_after_all_clears_it(restored: Restored) -> None:
    with pytest.raises(Rejected):
        restored.becomes_healthy()
    own = Path(checkpoint_folder(restored.project.services, JOB)) / SECOND / "chk-3"
    own.mkdir(parents=True)
    (own / "_metadata").write_bytes(MAGIC + b"\0\0\0\4" + (3).to_bytes(8, "big") + b"rest")

    found = known_snapshots(restored.project.services, JOB)

    assert [one.failed_restore for one in found] == [None, None, None]
