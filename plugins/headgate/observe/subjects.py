"""The subjects that are declared, as the registry has them."""

from collections.abc import Callable, Mapping

from headgate.clients.observed import ObservedSubject
from headgate.clients.registry import Registry


def observe_subjects(
    registry: Registry, declared: Mapping[str, str], same: Callable[[str, str], bool]
) -> Mapping[str, ObservedSubject]:
    """The subjects of these names; one that does not exist is missing from the answer.

    `declared` holds the schema text by subject. Two calls a subject while the latest version is
    the `same` schema; only otherwise all versions are read and the registry is asked for its
    verdict.
    """
    found: dict[str, ObservedSubject] = {}
    for subject, text in declared.items():
        latest = registry.latest(subject)
        if latest is None:
            continue
        level = registry.level(subject)
        if same(latest.text, text):
            found[subject] = ObservedSubject(subject, level, (latest,))
            continue
        versions = tuple(registry.version(subject, number) for number in registry.versions(subject))
        answer = registry.compatible(subject, text)
        found[subject] = ObservedSubject(subject, level, versions, answer)
    return found
