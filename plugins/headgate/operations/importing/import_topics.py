"""Import: what could be declared of a running cluster, shown first and then written."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import Any

from headgate.clients.kafka_topics import ClusterTopics, KafkaTopics
from headgate.clients.observed import ObservedTopic
from headgate.clients.registry import Registry
from headgate.errors import Rejected
from headgate.ids import TopicName
from headgate.operations.importing.find_topic import Sampler, find_topic
from headgate.operations.importing.sample_keys import KeySampler
from headgate.operations.importing.stage_folders import StagedFolders, staging_beside
from headgate.operations.services import Services
from headgate.plan.imported_topic import FoundTopic, ImportedTopic, Origin, imported_topic
from headgate.plan.shared_types import Surroundings, with_imports
from headgate.spec.suggestion import did_you_mean

Progress = Callable[[int, int, str], None]
"""Takes how many topics are done, of how many, and the name of the next."""


@dataclass(frozen=True)
class ImportRequest:
    """What to import. No names: every topic but internal ones (`_...`)."""

    names: tuple[TopicName, ...]
    into: Path
    """The folder that gets one folder a topic."""
    owner: str


@dataclass
class Import:
    """What would be written, and in the end what was."""

    ready: tuple[ImportedTopic, ...]
    refused: dict[TopicName, str]
    """Topics that cannot be imported, each with the reason."""
    declared: tuple[TopicName, ...]
    """Topics that have a folder already; not looked at unless asked for by name."""
    staged: StagedFolders
    written: list[TopicName] = field(default_factory=list)

    def write(self) -> None:
        """Put every folder that is ready in its place; one that cannot be is refused alone."""
        for topic in self.ready:
            try:
                self.staged.put_in_place(topic)
            except Rejected as error:
                self.refused[topic.name] = error.what
            else:
                self.written.append(topic.name)

    def exit_code(self, names: Sequence[TopicName]) -> int:
        """0 when all that was asked for by name, or else all that can be declared, is written."""
        asked = names or [topic.name for topic in self.ready]
        return 0 if set(asked) <= set(self.written) else 1

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        written = {topic.name: topic for topic in self.ready if topic.name in self.written}
        return {
            "written": {name: list(topic.remarks) for name, topic in written.items()},
            "refused": self.refused,
            "declared": list(self.declared),
        }


@contextmanager
def prepared_import(
    services: Services, request: ImportRequest, progress: Progress
) -> Iterator[Import]:
    """Read the cluster and prepare the folders; nothing is in its place before `write`.

    Raises Unavailable where a server does not answer.
    """
    settings = services.environment.settings
    cluster = KafkaTopics(settings.kafka).look(request.names or None)
    topics = {name: cluster.topics[name] for name in _chosen(cluster, request.names)}
    origin = Origin(cluster.cluster_id, services.clock.now().astimezone(UTC).date(), request.owner)
    there = {name for name in topics if (request.into / name).exists()}
    refused = {name: _is_there(request.into / name) for name in there if name in request.names}
    refused |= {
        name: f"there is no topic {name!r}{did_you_mean(name, cluster.all_names)}"
        for name in request.names
        if name not in topics
    }
    wanted = {name: topics[name] for name in topics if name not in there}
    with (
        staging_beside(request.into) as staged,
        KeySampler(settings, services.registry, services.clock) as sample,
    ):
        reading = _Reading(services.registry, sample)
        found = list(reading.each(wanted, refused, progress))
        around = with_imports(staged.surroundings(), (one.referring for one in found))
        ready = tuple(_staged(found, origin, around, staged, refused))
        yield Import(ready, refused, tuple(sorted(there - refused.keys())), staged)


@dataclass(frozen=True)
class _Reading:
    registry: Registry
    sample: Sampler

    def each(
        self,
        topics: Mapping[TopicName, ObservedTopic],
        refused: dict[TopicName, str],
        progress: Progress,
    ) -> Iterator[FoundTopic]:
        """Every topic that can be declared, as far as its names and schemas tell."""
        for done, name in enumerate(sorted(topics)):
            progress(done, len(topics), name)
            try:
                yield find_topic(topics[name], self.registry, self.sample)
            except Rejected as error:
                refused[name] = error.what
        progress(len(topics), len(topics), "")


def _staged(
    found: Sequence[FoundTopic],
    origin: Origin,
    around: Surroundings,
    staged: StagedFolders,
    refused: dict[TopicName, str],
) -> Iterator[ImportedTopic]:
    """Every topic whose files lint."""
    for one in found:
        try:
            imported = imported_topic(one, origin, around)
            staged.stage(imported)
        except (Rejected, ValueError) as error:
            refused[one.topic.name] = error.what if isinstance(error, Rejected) else str(error)
        else:
            yield imported


def _chosen(cluster: ClusterTopics, names: Sequence[TopicName]) -> list[TopicName]:
    return [name for name in cluster.topics if names or not name.startswith("_")]


def _is_there(folder: Path) -> str:
    return f"{folder} exists; to import the topic anew, move that folder away"
