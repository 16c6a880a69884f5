"""The subjects that are declared, as the registry has them."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from headgate.clients.observed import ObservedSubject
from headgate.clients.registry import Registry
from headgate.clients.registry_pool import RegistryPool
from headgate.spec.environment import RegistryAddress
from headgate.spec.schema_form import same_schema

_READERS = 8


class Wanted(Protocol):
    """What has to be known of a declared subject to look at it."""

    @property
    def name(self) -> str:
        """Of the subject."""

    @property
    def whole(self) -> str:
        """The schema without references."""


def observe_subjects(
    address: RegistryAddress, declared: Iterable[Wanted]
) -> Mapping[str, ObservedSubject]:
    """The subjects of these names; one that does not exist is missing from the answer.

    Two reads a subject while the latest version is the declared schema; only otherwise all
    versions are read and the registry is asked for its verdict. Whether a subject exists is asked
    of the subject itself: Apicurio cuts the list of all at 1,000.
    """
    with RegistryPool(address, _READERS) as pool:
        seen = pool.each(_observe, declared)
    return {subject.name: subject for subject in seen if subject is not None}


def _observe(registry: Registry, declared: Wanted) -> ObservedSubject | None:
    latest = registry.latest(declared.name)
    if latest is None:
        return None
    level = registry.level(declared.name)
    if latest.kind == "AVRO" and same_schema(latest.whole_text, declared.whole):
        return ObservedSubject(declared.name, level, (latest,))
    numbers = registry.versions(declared.name)
    versions = tuple(
        latest if number == latest.version else registry.version(declared.name, number)
        for number in numbers
    )
    is_avro = all(version.kind == "AVRO" for version in versions)  # else Apicurio answers 500
    answer = registry.compatible(declared.name, declared.whole, level) if is_avro else None
    return ObservedSubject(declared.name, level, versions, answer)
