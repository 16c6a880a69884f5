"""First step of a deployment: look at everything, then decide. Reads only."""

from datetime import timedelta
from typing import Any, ClassVar

from headgate.clients.flink import FlinkClient
from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.locations import plain_location
from headgate.clients.storage import snapshots_below
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName, TopicName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.bound_job import BoundJob, bind
from headgate.operations.engine.step import Done, Intention, Look, Run
from headgate.operations.services import Services
from headgate.plan.deploy import (
    Deployment,
    Facts,
    Refusal,
    Snapshot,
    Submission,
    plan_deployment,
)


class PlanDeployment:
    """Evidence: the decision, and what of the declaration the later steps need."""

    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Look and plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The declaration that was asked for."""
        return {"spec_digest": run.operation.request["spec_digest"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide, or say why not."""
        bound = bind(run.services, run.job, Digest(intention.intent["spec_digest"]))
        _refuse_missing_topics(run.services, bound)
        start_empty = bool(run.operation.request.get("start_empty"))
        facts = _facts(run.services, bound, start_empty=start_empty)
        decision = plan_deployment(facts)
        if isinstance(decision, Refusal):
            kind = NeedsOperator if decision.for_operator else Rejected
            raise kind(
                decision.what, still_true="Nothing was changed.", next_step=decision.next_step
            )
        return Done(_evidence(bound, decision))

    def act(self, run: Run, intention: Intention) -> None:
        """Never called: `look` decides or refuses."""


def checkpoint_folder(services: Services, job: JobName) -> str:
    """Where all submissions of a job keep their checkpoints; Flink adds `<job id>/chk-<n>`."""
    return f"{plain_location(services.environment.settings.state)}/checkpoints/{job}"


def _evidence(bound: BoundJob, decision: Deployment) -> dict[str, Any]:
    spec = bound.job.spec
    return {
        "action": decision.action,
        "generation": decision.generation,
        "attempt": decision.attempt,
        "restore_from": decision.restore_from,
        "restores_snapshot": decision.restores_snapshot,
        "stop": decision.stop,
        "kind": bound.job.kind,
        "line": spec.flink,
        "parallelism": spec.parallelism,
        "spec_digest": bound.job.digest,
        "plan_digest": bound.plan_digest,
        "checkpoints": spec.health.checkpoints,
        "deadline_seconds": spec.health.deadline.total_seconds(),
        "note": decision.reason,
    }


def _facts(services: Services, bound: BoundJob, *, start_empty: bool) -> Facts:
    name, line = bound.job.name, FlinkLineName(bound.job.spec.flink)
    client = services.flink(line)
    overview = client.overview()
    if overview.version.rsplit(".", 1)[0] != line:
        raise Rejected(
            f"{name}: the cluster at {client.rest} runs Flink {overview.version}, not {line}",
            still_true="Nothing was changed.",
            next_step=f"correct the address of Flink {line} in headgate.toml",
        )
    deployments = services.ledger.deployments(name)
    return Facts(
        job=name,
        line=line,
        spec_digest=bound.job.digest,
        plan_digest=bound.plan_digest,
        slots_needed=bound.job.spec.parallelism,
        slots_available=overview.slots_available,
        submissions=[_submission(deployment) for deployment in deployments],
        live=_live(services, name, client, deployments[0].line if deployments else line),
        snapshots=_snapshots(services, name, {d.flink_job_id: d for d in deployments}),
        start_empty=start_empty,
    )


def _submission(deployment: DeploymentRecord) -> Submission:
    return Submission(
        flink_job_id=deployment.flink_job_id,
        generation=deployment.generation,
        attempt=deployment.attempt,
        line=deployment.line,
        spec_digest=deployment.spec_digest,
        plan_digest=deployment.plan_digest,
        was_healthy=deployment.state != "intended",
    )


def _live(
    services: Services, job: JobName, client: FlinkClient, latest_line: FlinkLineName
) -> list[FlinkJobId]:
    """Jobs of that name that run on any cluster.

    The cluster of another line may be down, unless the latest deployment is there.
    """
    live = list(client.live_jobs_named(job))
    for other in services.environment.settings.flink:
        line = FlinkLineName(other)
        if line == client.line:
            continue
        try:
            live += services.flink(line).live_jobs_named(job)
        except Unavailable:
            if line == latest_line:
                raise
    return live


def _snapshots(
    services: Services, job: JobName, deployments: dict[FlinkJobId, DeploymentRecord]
) -> list[Snapshot]:
    """Recorded savepoints that are still there, and retained checkpoints, newest first."""
    found = [
        Snapshot(snapshot.location, snapshot.flink_job_id, snapshot.plan_digest, snapshot.taken_at)
        for snapshot in services.ledger.snapshots(job)
    ]
    folder = checkpoint_folder(services, job)
    for job_id, deployment in deployments.items():
        found += [
            Snapshot(checkpoint.location, job_id, deployment.plan_digest, checkpoint.modified_at)
            for checkpoint in snapshots_below(f"{folder}/{job_id}")
        ]
    return sorted(found, key=lambda snapshot: snapshot.taken_at, reverse=True)


def _refuse_missing_topics(services: Services, bound: BoundJob) -> None:
    spec = bound.job.spec
    names = [TopicName(name) for name in (*spec.sources, *spec.sinks)]
    there = KafkaAdmin(services.environment.settings.kafka).topics(names)
    missing = [name for name in names if name not in there]
    if missing:
        raise Rejected(
            "\n".join(f"{bound.job.name}: topic {name} does not exist" for name in missing),
            still_true="Nothing was changed.",
            next_step="headgate plan, then headgate apply",
        )
