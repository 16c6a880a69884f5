"""Which jobs depend on a topic: what a change of the topic must not hurt."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from headgate.ids import JobName, TopicName
from headgate.spec.declared import DeclaredJob


@dataclass(frozen=True, order=True)
class TopicUse:
    """One job's dependence on a topic."""

    job: JobName
    how: Literal["reads", "writes"]
    is_declared: bool
    """The job's folder says so."""
    is_deployed: bool
    """The ledger's latest deployment of the job, not stopped, says so."""
    replay_window: timedelta | None = None
    """How far back the job must be able to be replayed, where its folder says so."""


TopicUses = Mapping[TopicName, tuple[TopicUse, ...]]
"""Uses by topic, those of one topic in order; a topic that no job uses is missing."""


@dataclass(frozen=True)
class DeployedTopics:
    """What a deployed job reads and writes, as it was deployed."""

    job: JobName
    reads: tuple[TopicName, ...]
    writes: tuple[TopicName, ...]


def topic_uses(jobs: Iterable[DeclaredJob], deployed: Iterable[DeployedTopics]) -> TopicUses:
    """Both pictures as one: what is declared, and what was deployed and not stopped since."""
    declared = {job.name: job for job in jobs}
    running = {one.job: one for one in deployed}
    found: dict[TopicName, set[TopicUse]] = {}
    for name in declared.keys() | running.keys():
        job, deployment = declared.get(name), running.get(name)
        for how in ("reads", "writes"):
            said = set(_declared_ends(job, how))
            done = set(_deployed_ends(deployment, how))
            for topic in said | done:
                source = job.spec.sources.get(topic) if job and how == "reads" else None
                use = TopicUse(
                    job=name,
                    how=how,
                    is_declared=topic in said,
                    is_deployed=topic in done,
                    replay_window=source.replay_window if source else None,
                )
                found.setdefault(topic, set()).add(use)
    return {topic: tuple(sorted(uses, key=_order)) for topic, uses in found.items()}


def _order(use: TopicUse) -> tuple[str, str]:
    return use.job, use.how


def _declared_ends(job: DeclaredJob | None, how: Literal["reads", "writes"]) -> list[TopicName]:
    if job is None:
        return []
    return [TopicName(name) for name in (job.spec.sources if how == "reads" else job.spec.sinks)]


def _deployed_ends(
    deployed: DeployedTopics | None, how: Literal["reads", "writes"]
) -> tuple[TopicName, ...]:
    if deployed is None:
        return ()
    return deployed.reads if how == "reads" else deployed.writes
