"""The DAGs on a running Airflow: deployments that survive their task, and forms that check."""

import os
import signal
from datetime import timedelta
from uuid import uuid4

import pytest
from harness.stack import RunningStack
from harness.waiting import until
from headgate.clients.airflow_api import AirflowApi, TaskState
from headgate.clients.flink import FlinkClient
from headgate.clock import SYSTEM_CLOCK
from headgate.demo.dag_runs import run_dag
from headgate.errors import Rejected
from headgate.ids import FlinkLineName, JobName
from headgate.operations.services import Services

JOB = JobName("class-trends")
DEADLINE = timedelta(minutes=5)


@pytest.fixture(scope="module")
def airflow(stack: RunningStack) -> AirflowApi:
    access = stack.access["airflow"]
    return AirflowApi(access["address"], access["user"], access["password"])


@pytest.fixture(scope="module")
def contracts(airflow: AirflowApi) -> None:
    """The shipped schemas and topics, brought about by their DAGs."""
    for dag_id in ("register_schemas", "provision_topics"):
        run_dag(airflow, dag_id, run_id(), {}, clock=SYSTEM_CLOCK, deadline=DEADLINE)


@pytest.fixture
def services(stack: RunningStack, contracts: None) -> Services:
    del contracts
    return Services(stack.project, stack)


def run_id() -> str:
    return f"test-{uuid4().hex[:12]}"


def flink(stack: RunningStack) -> FlinkClient:
    return FlinkClient(FlinkLineName("2.2"), stack.settings.flink["2.2"].rest)


def failure_of(airflow: AirflowApi, dag_id: str, conf: dict[str, object]) -> str:
    with pytest.raises(Rejected) as failed:
        run_dag(airflow, dag_id, run_id(), conf, clock=SYSTEM_CLOCK, deadline=DEADLINE)
    return str(failed.value)


def deploy_task(airflow: AirflowApi, run: str) -> TaskState | None:
    tasks = airflow.tasks("deploy_job", run)
    return next((task for task in tasks if task.task_id == "deploy" and task.state), None)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("compile", marks=pytest.mark.slow),
        "submit",
        pytest.param("healthy", marks=pytest.mark.slow),
    ],
)
def test_deploy_job__task_process_killed(
    stack: RunningStack, airflow: AirflowApi, services: Services, step: str
) -> None:
    """Step: SIGKILL of the Airflow task's process while a step is intended and not done.

    Expected: Airflow tries again, the run succeeds, there is one Flink job.
    """
    before = len(services.ledger.deployments(JOB))
    run = run_id()
    airflow.trigger("deploy_job", run, {"jobs": [JOB]})

    def in_the_middle() -> int | None:
        """The process that holds the lease, while the step is under way."""
        operation = services.ledger.running_operation(JOB)
        if operation is None:
            return None
        steps = services.ledger.steps(operation.id)
        if not steps or (steps[-1].name, steps[-1].state) != (step, "intended"):
            return None
        lease = services.ledger.lease(JOB)
        return int(lease.holder.rsplit(":", 1)[1]) if lease else None

    victim = until(in_the_middle, seconds=120, what=f"step {step} is under way", every=0.02)
    assert alive(victim), "the step was over before its process could be killed"
    os.kill(victim, signal.SIGKILL)

    until(
        lambda: airflow.run_state("deploy_job", run) in ("success", "failed"),
        seconds=240,
        what="the run has ended",
        every=1,
    )
    assert airflow.run_state("deploy_job", run) == "success"
    live = flink(stack).live_jobs_named(JOB)
    deployments = services.ledger.deployments(JOB)
    assert len(live) == 1
    assert (deployments[0].flink_job_id, deployments[0].state) == (live[0], "healthy")
    assert len(deployments) == before + 1

    run_dag(airflow, "stop_job", run_id(), {"jobs": [JOB]}, clock=SYSTEM_CLOCK, deadline=DEADLINE)
    assert flink(stack).live_jobs_named(JOB) == []
    assert services.ledger.deployments(JOB)[0].state == "stopped"


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("contracts")
@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"jobs": ["class-trend"]}, "did you mean 'class-trends'?"),
        ({"jobs": ["../../etc"]}, "there is no job '../../etc'"),
        ({"jobs": ["class-trends; rm -rf /"]}, "there is no job 'class-trends; rm -rf /'"),
        ({"jobs": ["{{ var.value.x }}"]}, "there is no job '{{ var.value.x }}'"),
        ({"jobs": ["class-trends"], "force": True}, "unknown keys"),
    ],
)
def test_deploy_job_refuses_what_the_form_would_not_offer(
    airflow: AirflowApi, conf: dict[str, object], words: str
) -> None:
    message = failure_of(airflow, "deploy_job", conf)

    assert words in message
    assert "Nothing was changed." in message


@pytest.mark.parametrize("conf", [{"jobs": "class-trends"}, {"jobs": [1]}, {"jobs": ["x" * 81]}])
def test_deploy_job_form_is_checked_by_the_server(
    airflow: AirflowApi, conf: dict[str, object]
) -> None:
    with pytest.raises(Rejected, match="answered 4"):
        airflow.trigger("deploy_job", run_id(), conf)
