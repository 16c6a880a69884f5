"""Two versions of one job side by side, handed over with the clients alone."""

from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.clients.locations import as_flink_uri
from headgate.ids import FlinkJobId, FlinkLineName, JobName, TriggerId, digest_of
from headgate.ledger.records import DeploymentRecord
from headgate.operations.deployment.bound_job import bind_now
from headgate.operations.deployment.driver_run import run_staged_driver
from headgate.operations.handover_bounds import bounds_file, gate_parameters, write_bounds
from headgate.operations.savepointing.found_savepoint import savepoint_root
from headgate.operations.services import Services
from headgate.operations.stage import collect_artefacts, runtime_of, stage
from headgate.plan.beside import beside, beside_binding, sinks_left_out
from headgate.plan.binding import PLAN_FILE
from headgate.plan.compiled_plan import manifest_of_plan
from headgate.plan.handover import CLOSED, Bounds, SideView
from headgate.plan.handover_gates import gates_of, ungated_sinks

from harness.waiting import until

PATIENCE = 900.0


@dataclass(frozen=True)
class Side:
    """One of the two jobs."""

    client: FlinkClient
    id: FlinkJobId
    plan: str | None
    """The compiled plan; None for a Python job."""
    bounds: Path
    parallelism: int = 1

    def picture(self) -> JobPicture:
        found = self.client.job(self.id)
        assert found is not None, f"{self.id} is unknown"
        return found

    def look(self) -> SideView:
        """The watermark first: what the gates have judged is then at least as new."""
        picture = self.picture()
        return SideView(
            is_running=picture.state == "RUNNING",
            watermark=picture.watermark and round(picture.watermark.timestamp() * 1000),
            restarts=picture.restarts,
            gates=self.client.gates(self.id),
            gates_expected=(gates_of(self.plan) if self.plan else 1) * self.parallelism,
        )

    def give(self, bounds: Bounds) -> None:
        write_bounds(self.bounds, bounds)

    def await_checkpoints(self, count: int) -> None:
        until(
            lambda: self.picture().checkpoints.completed >= count,
            seconds=PATIENCE,
            what=f"{self.id} has completed {count} checkpoints",
            every=1,
        )

    def savepoint(self, folder: str, *, stop: bool) -> str:
        trigger = TriggerId(uuid4().hex)
        trigger_it = self.client.stop_with_savepoint if stop else self.client.trigger_savepoint
        trigger_it(self.id, trigger, as_flink_uri(folder), "canonical")

        def location() -> str | None:
            status = self.client.savepoint_status(self.id, trigger)
            assert status is not None
            assert status.failure is None, status.failure
            return status.location

        found = until(location, seconds=PATIENCE, what="the savepoint is complete", every=1)
        assert found is not None
        return found


def running_side(services: Services, deployment: DeploymentRecord) -> Side:
    """The job that headgate has deployed."""
    assert deployment.artefacts is not None
    plan = Path(deployment.artefacts) / PLAN_FILE
    return Side(
        services.flink(deployment.line),
        deployment.flink_job_id,
        plan.read_text() if plan.exists() else None,
        bounds_file(services, deployment.job, deployment.flink_job_id),
    )


def begin_beside(services: Services, job: JobName, old: Side, line: str, side: str) -> Side:
    """A second run of the job on another line, from a savepoint of the first, its gates closed."""
    savepoint = old.savepoint(f"{savepoint_root(services, job)}/beside-{side}", stop=False)
    bound = bind_now(services, job, line)
    binding = beside_binding(bound.binding, services.environment.name, side)
    plan = _plan_beside(old.plan) if old.plan else None
    staged = stage(
        services.environment.settings.artefacts,
        collect_artefacts(bound.job, binding, plan, runtime_of(services.project)),
    )
    client = services.flink(FlinkLineName(line))
    job_id = FlinkJobId(digest_of("beside", job, side))
    new = Side(client, job_id, plan, bounds_file(services, job, job_id))
    new.give(CLOSED)
    state = f"{services.environment.settings.state}/beside/{job}"
    run_staged_driver(
        client,
        str(staged.driver),
        str(staged.binding),
        job_id=job_id,
        parallelism=1,
        configuration={
            **binding.submission,
            "execution.checkpointing.dir": as_flink_uri(state),
            **gate_parameters(new.bounds, required=True),
        },
        restore_from=savepoint,
        allow_non_restored_state=True,
    )
    until(
        lambda: new.picture().checkpoints.completed >= 1,
        seconds=PATIENCE,
        what="the second job has completed a checkpoint",
        every=1,
    )
    restored = new.picture().restored
    assert restored is not None
    assert restored.path == savepoint
    return new


def _plan_beside(plan: str) -> str:
    assert ungated_sinks(plan) == {}
    made = beside(plan)
    left = sinks_left_out(manifest_of_plan(plan), manifest_of_plan(made.plan))
    assert left == made.dropped
    return made.plan
