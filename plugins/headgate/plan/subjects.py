"""What has to happen to one subject: pure, from the declared schema and the registered versions."""

from collections.abc import Iterator
from typing import Any

from headgate.clients.observed import ObservedSubject, RegisteredSchema
from headgate.plan.change import Change, Risk
from headgate.plan.compatibility import breaks
from headgate.plan.declared_subject import DeclaredSubject
from headgate.plan.levels import lost
from headgate.spec.schema_form import same_schema


def plan_subject(declared: DeclaredSubject, observed: ObservedSubject | None) -> tuple[Change, ...]:
    """The changes of one subject, in their order; one `none` if there are none.

    The level is set first, so that the registry itself checks what is registered after it. What
    counts is the whole schema: one that is registered with its types in it is the same as one
    that refers to them, and a changed type is a change of every schema that uses it.
    """
    if observed is None or not observed.versions:
        after = {"level": declared.level, **_written(declared)}
        return (Change("subject", declared.name, "create", {}, after),)
    changes = tuple(_updates(declared, observed))
    return changes or (Change("subject", declared.name, "none", {}, {}),)


def _updates(declared: DeclaredSubject, observed: ObservedSubject) -> Iterator[Change]:
    if observed.level != declared.level:
        yield _level_change(declared, observed)
    latest = observed.versions[-1]
    if not _is_same(latest, declared):
        risk, reason = _verdict(declared, observed)
        yield Change(
            "subject",
            declared.name,
            "update",
            _registered(latest),
            _written(declared),
            risk,
            reason,
        )


def _level_change(declared: DeclaredSubject, observed: ObservedSubject) -> Change:
    before, after = {"level": observed.level}, {"level": declared.level}
    loss = lost(observed.level, declared.level)
    if not loss:
        return Change("level", declared.name, "update", before, after)
    whence = (
        f"the level is lowered from {observed.level} to {declared.level}"
        if observed.level is not None
        else f"the level becomes {declared.level}, and that of the registry, in force until now, "
        "may be higher"
    )
    reason = f"{whence}: {loss}"
    return Change("level", declared.name, "update", before, after, "needs_approval", reason)


def _verdict(declared: DeclaredSubject, observed: ObservedSubject) -> tuple[Risk, str]:
    older = _same_as_older(declared, observed)
    if older is not None:
        latest = observed.versions[-1].version
        return "refused", (
            f"this is version {older.version} again, but version {latest} is the latest: a "
            "registry never goes back. Declare the latest, or a further schema that is compatible "
            f"with {_reach(declared.level)}"
        )
    found = breaks(declared.whole, observed.versions, declared.level)
    if found:
        return "refused", f"not {declared.level}: {'; '.join(found)}. {_instead(declared)}"
    if _takes_types_in_again(declared, observed):
        return "refused", (
            "the registry holds versions that refer to shared types, and beside them it takes no "
            "schema that has the types in it (Apicurio, unless the level is NONE). Go on naming "
            "the types in schemas/_types/"
        )
    told = _refusal_of_registry(declared, observed)
    if told is not None:
        return "refused", f"the registry finds it incompatible with a registered version: {told}"
    return "safe", ""


def _takes_types_in_again(declared: DeclaredSubject, observed: ObservedSubject) -> bool:
    """Where the registry gave no verdict it could not put its own versions together."""
    refers = any(version.references for version in observed.versions)
    return observed.answer is None and refers and not declared.references


def _refusal_of_registry(declared: DeclaredSubject, observed: ObservedSubject) -> str | None:
    """Its verdict holds for the level that it has now, so not where that is lowered first."""
    answer = observed.answer
    if answer is None or answer.is_compatible or lost(observed.level, declared.level):
        return None
    return "; ".join(answer.messages) or "it gives no reason"


def _instead(declared: DeclaredSubject) -> str:
    topic, dash, kind = declared.name.rpartition("-")
    migrate = (
        f"`headgate schema migrate {topic}` prints the way to a new version of the topic"
        if dash and kind in ("value", "key")
        else "give the changed type a name of its own, and take each topic that needs it there "
        "with `headgate schema migrate TOPIC`"
    )
    if declared.level == "FULL_TRANSITIVE":
        return f"Only add or remove fields that have defaults; for anything else {migrate}"
    return f"Change it within what {declared.level} allows; for anything else {migrate}"


def _reach(level: str) -> str:
    return "all versions" if level.endswith("_TRANSITIVE") else "what its level asks for"


def _same_as_older(declared: DeclaredSubject, observed: ObservedSubject) -> RegisteredSchema | None:
    older = observed.versions[:-1]
    return next((one for one in reversed(older) if _is_same(one, declared)), None)


def _is_same(registered: RegisteredSchema, declared: DeclaredSubject) -> bool:
    return registered.kind == "AVRO" and same_schema(registered.whole_text, declared.whole)


def _registered(latest: RegisteredSchema) -> dict[str, Any]:
    values: dict[str, Any] = {"version": latest.version, "schema": latest.text}
    if latest.references:
        values["references"] = [
            {"name": one.name, "subject": one.subject, "version": one.version}
            for one in latest.references
        ]
    return values


def _written(declared: DeclaredSubject) -> dict[str, Any]:
    values: dict[str, Any] = {"schema": declared.text}
    if declared.references:
        values["references"] = [
            {"name": one.name, "subject": one.subject} for one in declared.references
        ]
    return values
