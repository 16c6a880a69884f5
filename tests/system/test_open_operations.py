"""Operations left half done: shown whole, resumed by their id, or abandoned."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from harness.proxy import Proxy
from harness.sample_project import TIMESTAMP, SampleProject
from harness.stack import RunningStack
from headgate.ids import JobName, sql_identifier

pytestmark = pytest.mark.slow

LINE = "2.3"
SOURCE = f"beats-{uuid4().hex[:8]}-in"
SQL = """
INSERT INTO {sink}
SELECT window_start, window_end, COUNT(*) AS beats
FROM TABLE(TUMBLE(TABLE {source}, DESCRIPTOR(beat_time), INTERVAL '1' SECOND))
GROUP BY window_start, window_end
"""
DIE_AT = (sys.executable, "-m", "harness.die_at")


@pytest.fixture(scope="module")
def project(stack: RunningStack, tmp_path_factory: pytest.TempPathFactory) -> SampleProject:
    project = SampleProject(tmp_path_factory.mktemp("open") / "project", stack, "open-operations")
    project.topic(SOURCE, [("beat_time", TIMESTAMP)], partitioning="none")
    return project


@pytest.fixture
def job(project: SampleProject) -> Iterator[str]:
    name = f"beats-{uuid4().hex[:8]}"
    columns = [("window_start", TIMESTAMP), ("window_end", TIMESTAMP), ("beats", "long")]
    project.topic(name, columns, partitioning="none")
    project.job(
        name,
        SQL.format(sink=sql_identifier(name), source=sql_identifier(SOURCE)),
        flink=LINE,
        sources={SOURCE: {"event_time": "beat_time"}},
        sinks=[name],
        checkpoint_interval="500ms",
        health={"checkpoints": 1},
    )
    applied = project.run("apply", "--yes")
    assert applied.code == 0, applied.err
    yield name
    project.use()
    project.end_all_jobs()


def kill_deploy_at(project: SampleProject, job: str, step: str, phase: str) -> dict[str, Any]:
    """The operation that is left open, as `headgate operations` shows it."""
    killed = project.run(step, phase, "deploy", job, command=DIE_AT)
    assert killed.code == -signal.SIGKILL, killed.err
    listed = project.run("operations", "--job", job, "--state", "running", "--json")
    assert listed.code == 0, listed.err
    (operation,) = listed.json()
    assert isinstance(operation, dict)
    return operation


@pytest.mark.parametrize(
    ("step", "phase"), [("plan", "done"), ("submit", "acted"), ("healthy", "pending")]
)
def test_resume__killed_deployment_is_brought_to_its_end(
    project: SampleProject, job: str, step: str, phase: str
) -> None:
    """Step: SIGKILL of a deployment, `headgate resume` with its id. Expected: one healthy job."""
    operation = kill_deploy_at(project, job, step, phase)
    assert operation["holder_state"] == "gone"
    assert f"headgate resume {operation['id']}" in operation["next_step"]

    resumed = project.run("resume", operation["id"][:10])

    assert resumed.code == 0, resumed.err
    shown = project.run("operations", operation["id"], "--json").json()
    assert shown["state"] == "succeeded"
    assert all(one["state"] == "done" and one["evidence"] for one in shown["steps"])
    assert len(project.live(job, LINE)) == 1
    again = project.run("resume", operation["id"])
    assert again.code == 0, again.err
    assert "has ended" in again.out
    assert len(project.services.ledger.deployments(JobName(job))) == 1


def test_abandon__killed_deployment_frees_the_job_and_leaves_flink_alone(
    project: SampleProject, job: str
) -> None:
    """Step: SIGKILL right after the submission, abandon. Expected: the job runs on, adopted."""
    operation = kill_deploy_at(project, job, "submit", "acted")
    (running,) = project.live(job, LINE)
    unasked = project.run("abandon", operation["id"])
    assert unasked.code == 1
    assert "--yes" in unasked.err

    abandoned = project.run("abandon", operation["id"], "--yes")

    assert abandoned.code == 0, abandoned.err
    assert running in abandoned.out
    assert "step submit was begun" in abandoned.out
    shown = project.run("operations", operation["id"]).out
    assert "abandoned by" in shown
    assert project.live(job, LINE) == [running]
    resumed = project.run("resume", operation["id"])
    assert resumed.code == 1
    assert "abandoned by" in resumed.err
    deployed = project.run("deploy", job)
    assert deployed.code == 0, deployed.err
    assert project.live(job, LINE) == [running]


def test_abandon__operation_whose_process_is_alive_is_refused(
    project: SampleProject, job: str
) -> None:
    """Step: abandon a deployment in the middle of a call. Expected: refused; it ends well."""
    proxy = Proxy(project.services.environment.settings.flink[LINE].rest)
    project.use(flink=project.flink_at(LINE, proxy.address))
    with proxy.holding("POST", "/jars/upload", "before") as hold:
        process: subprocess.Popen[str] = project.start("deploy", job)
        assert hold.reached.wait(timeout=150)
        (operation,) = project.run("operations", "--job", job, "--json").json()

        refused = project.run("abandon", operation["id"], "--yes")

        assert refused.code == 1, refused.out
        assert f":{process.pid} is alive" in refused.err
    output = process.communicate(timeout=240)[0]
    assert process.returncode == 0, output
    proxy.close()


def test_resume__unknown_operation_is_refused(project: SampleProject) -> None:
    """Step: resume an id that no operation has. Expected: refused, nothing begun."""
    refused = project.run("resume", "no-such-operation")
    assert refused.code == 1
    assert "there is no operation" in refused.err
