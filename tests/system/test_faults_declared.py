"""Declarations, parameters and ledgers that are wrong or old: what runs goes on with its state.

One job is at work all the time, and what it publishes is what plain Python expects, once.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from harness.faults.live_job import PATIENCE, LiveJob, live_job
from harness.own_stack import OwnStack, own_stack
from harness.sample_project import Ran
from headgate.clients.registry import Registry
from headgate.ids import sql_identifier

pytestmark = pytest.mark.slow

LINE = "2.3"
NO_STATE = "INSERT INTO {sink} SELECT beat_time, beat_time, CAST(1 AS BIGINT), number FROM {source}"
OTHER_TYPE = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*), CAST(SUM(CAST(number AS DOUBLE)) AS BIGINT)
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("said", LINE) as stack:
        yield stack


@pytest.fixture(scope="module")
def at_work(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveJob]:
    with live_job(stack.environment, LINE, tmp_path_factory.mktemp("declared")) as job:
        yield job


@pytest.fixture
def job(at_work: LiveJob) -> LiveJob:
    return at_work.ready()


def run(job: LiveJob, *command: str) -> Ran:
    ran = job.project.run(*command, timeout=PATIENCE)
    assert ran.code == 0, ran.out + ran.err
    return ran


def refused(job: LiveJob, *command: str, saying: str) -> Ran:
    """Refused in words, with the next command; ledger and storage are as they were."""
    traces = job.traces
    ran = job.project.run(*command, timeout=PATIENCE)
    assert (ran.code, saying in ran.err, "Next: " in ran.err) == (1, True, True), ran.out + ran.err
    assert "Traceback" not in ran.err
    assert job.traces == traces
    return ran


def folder(job: LiveJob) -> Path:
    return job.project.root / "flink_jobs" / job.name


@contextmanager
def declared_otherwise(job: LiveJob, sql: str) -> Iterator[None]:
    """The job's SQL is another one until the block ends."""
    file = folder(job) / "job.sql"
    before = file.read_text()
    source = job.name.removesuffix("-out") + "-in"
    file.write_text(sql.format(sink=sql_identifier(job.name), source=sql_identifier(source)))
    try:
        yield
    finally:
        file.write_text(before)


def recovers_what_ran(job: LiveJob, sql: str) -> Ran:
    """Recover brings back what ran; then deploying what is declared is refused, and it runs on."""
    before = job.latest
    job.cancel_in_flink()
    with declared_otherwise(job, sql):
        recovered = run(job, "recover", job.name)
        assert "have changed since: what ran is brought back" in recovered.err, recovered.err
        now = job.assert_one_healthy()
        assert (now.artefact_digest, now.attempt) == (before.artefact_digest, before.attempt + 1)
        assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
        answer = refused(job, "deploy", job.name, saying=f"Flink job {now.flink_job_id} runs on")
        assert job.assert_one_healthy() == now
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()
    return answer


def test_recover__state_gone_from_the_declaration(job: LiveJob) -> None:
    """Step: the job was ended past headgate, and what is declared by now has no windows any more.

    Expected: recover brings back what ran, with its state; deploy is refused, naming the state
    that would be lost, before anything stops; every window was published once.
    """
    answer = recovers_what_ran(job, NO_STATE)

    assert "window" in answer.err.lower(), answer.err


def test_recover__state_type_changed_in_the_declaration(job: LiveJob) -> None:
    """Step: the job was ended past headgate, and what is declared by now sums doubles.

    Expected: recover brings back what ran, with its state; deploy is refused, naming the state
    with both types, before anything stops; every window was published once.
    """
    answer = recovers_what_ran(job, OTHER_TYPE)

    assert "DOUBLE" in answer.err, answer.err


def test_deploy__declared_wrongly_all_errors_at_once(job: LiveJob) -> None:
    """Step: an unknown key and a duration that is none in job.yaml, SQL with a text that does not
    end, an unknown key in the topic.yaml of another topic; deploy.

    Expected: each of them is told with its file and line, nothing is changed, the job runs on.
    """
    before = job.assert_one_healthy()
    yaml, other = folder(job) / "job.yaml", job.project.root / "schemas" / "another"
    good = yaml.read_text()
    wrong = {**json.loads(good), "checkpoint_interval": "soon", "paralelism": 2}
    yaml.write_text(json.dumps(wrong, indent=2))
    job.project.topic(other.name, [("value", "long")], partitioning="none", owners="nobody")
    try:
        with declared_otherwise(job, "INSERT INTO {sink}\nSELECT 'x FROM {source}\n"):
            answer = refused(job, "deploy", job.name, saying="4 errors; nothing was changed")
    finally:
        yaml.write_text(good)
        shutil.rmtree(other)

    for file, words in (
        ("job.yaml:13", "'soon' is not a duration"),
        ("job.yaml:19", "'paralelism'; did you mean 'parallelism'"),
        ("job.sql:2", "never closed"),
        ("another/topic.yaml:1", "unknown key 'owners'"),
    ):
        (line,) = (line for line in answer.err.splitlines() if words in line)
        assert f"/{file}: " in line
    assert job.assert_one_healthy() == before
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_deploy__schema_not_latest_is_refused_before_anything_stops(job: LiveJob) -> None:
    """Step: a newer schema of the input is registered than the one that is declared; the job's
    declaration has changed; deploy. Then that version is deleted.

    Expected: refused, naming subject and difference and what to do; the job runs on. Then the
    changed job goes on from its state, every window once.
    """
    before = job.assert_one_healthy()
    source = job.name.removesuffix("-out") + "-in"
    file = job.project.root / "schemas" / source / "value.avsc"
    schema = json.loads(file.read_text())
    schema["fields"].append({"name": "unit", "type": "string", "default": "bpm"})
    address = job.services.environment.settings.registry
    Registry(address).register(f"{source}-value", json.dumps(schema))
    job.change()

    answer = refused(job, "deploy", job.name, saying=f"{source}-value is registered otherwise")

    assert "unit" in answer.err, answer.err
    assert "headgate plan" in answer.err
    assert job.assert_one_healthy() == before
    newer = f"{address.url}/subjects/{source}-value/versions/2"
    requests.delete(newer, timeout=30).raise_for_status()
    run(job, "deploy", job.name)
    assert (
        job.assert_one_healthy().restored_from
        == job.services.ledger.snapshots(job.name)[0].location
    )
    job.assert_exactly_once()


def ledger_files(job: LiveJob) -> list[Path]:
    return list(job.project.root.glob("ledger.sqlite*"))


def lose_ledger(job: LiveJob) -> None:
    for file in ledger_files(job):
        file.unlink()


def recovers_after_adoption(job: LiveJob, *, saying: str) -> None:
    """Recover does nothing on the word of that ledger; adopted, what is gone is started as told."""
    before = job.project.live(job.name, LINE)
    answer = refused(job, "recover", job.name, saying=saying)
    assert f"headgate adopt {job.name}" in answer.err
    assert job.project.live(job.name, LINE) == before == []
    run(job, "adopt", job.name, "--yes")


def test_recover__ledger_lost_nothing_is_started_on_its_word(job: LiveJob) -> None:
    """Step: the job was ended past headgate, and the ledger is lost; recover.

    Expected: refused; after `adopt` it is not said to have been lost, so recover names `start`,
    and that continues from its newest retained checkpoint, every window once.
    """
    before = job.latest
    job.cancel_in_flink()
    lose_ledger(job)

    recovers_after_adoption(job, saying="the ledger was lost")

    answer = refused(job, "recover", job.name, saying="cancelled")
    assert f"headgate start {job.name}" in answer.err
    run(job, "start", job.name)
    now = job.assert_one_healthy()
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_recover__ledger_lost_while_it_ran_and_adopted(job: LiveJob) -> None:
    """Step: the ledger is lost while the job runs, and adopted; then the job is ended past
    headgate; recover.

    Expected: it goes on from its newest retained checkpoint, every window once.
    """
    before = job.latest
    lose_ledger(job)
    refused(job, "recover", job.name, saying="the ledger was lost")
    run(job, "adopt", job.name, "--yes")
    job.cancel_in_flink()

    run(job, "recover", job.name)

    now = job.assert_one_healthy()
    assert (now.generation, now.attempt) == (before.generation, before.attempt + 1)
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_recover__ledger_lost_and_an_older_copy_restored(job: LiveJob, tmp_path: Path) -> None:
    """Step: the ledger is copied, a changed job is deployed, it is ended past headgate, and the
    older copy is restored; recover.

    Expected: refused: the older generation is not brought back. After `adopt` the newer one goes
    on from its newest retained checkpoint, every window once.
    """
    for file in ledger_files(job):
        shutil.copy(file, tmp_path)
    job.change()
    job.run("deploy")
    job.await_checkpoints(2)
    before = job.latest
    job.cancel_in_flink()
    lose_ledger(job)
    for file in tmp_path.glob("ledger.sqlite*"):
        shutil.copy(file, job.project.root)

    recovers_after_adoption(job, saying="the ledger is older")

    run(job, "start", job.name)
    now = job.assert_one_healthy()
    assert now.generation == before.generation
    assert f"/{before.flink_job_id}/chk-" in (now.restored_from or "")
    job.assert_deploy_plans_nothing()
    job.assert_exactly_once()


def test_operations__declared_wrongly_nothing_is_lost_or_repeated(job: LiveJob) -> None:
    """Step: after all of the above. Expected: every window that was ever closed is published
    exactly once, with the right numbers.
    """
    assert job.assert_all_published() > 10
