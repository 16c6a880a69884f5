"""Which jobs depend on which topics: declared in their folders, deployed by the ledger."""

from collections.abc import Iterator

from headgate.ids import JobName, TopicName
from headgate.ledger.records import DeploymentRecord
from headgate.operations.services import Services
from headgate.plan.topic_use import DeployedTopics, TopicUses, topic_uses
from headgate.spec.declared import Declared


def current_uses(services: Services, declared: Declared) -> TopicUses:
    """Uses of every topic by declared jobs, and by deployments that were not stopped since.

    Whether a deployment runs at this moment is not asked: a job that died comes back, and finds
    its topics.
    """
    deployed = [
        _deployed(deployment, declared) for deployment in _latest(services) if _may_run(deployment)
    ]
    return topic_uses(declared.jobs.values(), deployed)


def _latest(services: Services) -> Iterator[DeploymentRecord]:
    """The last submission of each job: the ledger gives them in that order."""
    seen: set[JobName] = set()
    for deployment in services.ledger.deployments():
        if deployment.job not in seen:
            seen.add(deployment.job)
            yield deployment


def _may_run(deployment: DeploymentRecord) -> bool:
    return deployment.state != "stopped"


def _deployed(deployment: DeploymentRecord, declared: Declared) -> DeployedTopics:
    job = declared.jobs.get(deployment.job)
    reads, writes = deployment.reads, deployment.writes
    if reads is None or writes is None:  # written by an earlier headgate
        reads = [TopicName(name) for name in job.spec.sources] if job else []
        writes = [TopicName(name) for name in job.spec.sinks] if job else []
    return DeployedTopics(deployment.job, tuple(reads), tuple(writes))
