"""What has to happen to one subject: pure, from the declared schema and the registered versions."""

import json
from collections.abc import Iterator

from headgate.clients.observed import ObservedSubject, RegisteredSchema
from headgate.plan.change import Change, Risk
from headgate.plan.compatibility import breaks
from headgate.plan.schema_form import same_schema
from headgate.spec.declared import DeclaredTopic

LEVEL = "FULL_TRANSITIVE"
"""Every reader, old or new, reads every record, old or new."""


def declared_subjects(topic: DeclaredTopic) -> dict[str, str]:
    """Text of each schema of a topic by its subject, named as the topic subject name strategy."""
    subjects = {f"{topic.name}-value": json.dumps(topic.value_schema)}
    if topic.key_schema is not None:
        subjects[f"{topic.name}-key"] = json.dumps(topic.key_schema)
    return subjects


def plan_subject(subject: str, text: str, observed: ObservedSubject | None) -> tuple[Change, ...]:
    """The changes of one subject, in their order; one `none` if there are none.

    The level is set first, so that the registry itself checks what is registered after it.
    """
    if observed is None or not observed.versions:
        return (Change("subject", subject, "create", {}, {"level": LEVEL, "schema": text}),)
    changes = tuple(_updates(subject, text, observed))
    return changes or (Change("subject", subject, "none", {}, {}),)


def _updates(subject: str, text: str, observed: ObservedSubject) -> Iterator[Change]:
    if observed.level != LEVEL:
        yield Change("level", subject, "update", {"level": observed.level}, {"level": LEVEL})
    latest = observed.versions[-1]
    if not same_schema(latest.text, text):
        risk, reason = _verdict(text, observed)
        yield Change(
            "subject",
            subject,
            "update",
            {"version": latest.version, "schema": latest.text},
            {"schema": text},
            risk,
            reason,
        )


def _verdict(text: str, observed: ObservedSubject) -> tuple[Risk, str]:
    older = _same_as_older(text, observed)
    if older is not None:
        latest = observed.versions[-1].version
        return "refused", (
            f"this is version {older.version} again, but version {latest} is the latest: a "
            "registry never goes back. Declare the latest, or a further schema that is compatible "
            "with all versions"
        )
    found = breaks(text, observed.versions)
    if found:
        return "refused", (
            f"not {LEVEL}: {'; '.join(found)}. Only add or remove fields that have defaults; for "
            "anything else declare a new topic, let both run, and move the readers over"
        )
    if observed.answer is not None and not observed.answer.is_compatible:
        told = "; ".join(observed.answer.messages) or "it gives no reason"
        return "refused", f"the registry finds it incompatible with a registered version: {told}"
    return "safe", ""


def _same_as_older(text: str, observed: ObservedSubject) -> RegisteredSchema | None:
    older = observed.versions[:-1]
    return next((one for one in reversed(older) if same_schema(one.text, text)), None)
