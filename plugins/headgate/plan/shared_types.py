"""Which referenced types of imported topics become files of their own: pure.

A shared type is declared by the latest version of a subject that has the type's full name, and no
other schema may define that type itself. Where that does not hold, the value schema is declared
whole, with its types in their places, which means the same.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from headgate.clients.observed import RegisteredSchema, SchemaReference
from headgate.plan.declared_subject import LEVEL_OF_TYPES
from headgate.spec.avro_inlining import definitions_in
from headgate.spec.schema_form import same_schema


@dataclass(frozen=True)
class RegisteredType:
    """The subject of a type that other schemas are registered with a reference to."""

    latest: RegisteredSchema
    level: str | None


@dataclass(frozen=True)
class Surroundings:
    """What the folder that is imported into holds, and what stands whole in it."""

    shared: Mapping[str, str]
    """Text of the shared types that are there, by full name."""
    defined: frozenset[str]
    """Full names of types that value and key schemas define themselves."""


@dataclass(frozen=True)
class Referring:
    """A value schema with everything that it refers to, also by way of others."""

    value: RegisteredSchema
    types: Mapping[str, RegisteredType]
    """By subject."""


def why_whole(referring: Referring, around: Surroundings) -> str:
    """Why the types of a value schema cannot be files of their own; empty where they can."""
    for reference in _references(referring):
        name, subject = reference.name, reference.subject
        registered = referring.types.get(subject)
        if name != subject:
            return f"the type {name} is registered as subject {subject}"
        if registered is None or registered.latest.version != reference.version:
            return f"it refers to version {reference.version} of {subject}, not to the latest"
        if registered.level != LEVEL_OF_TYPES:
            held = registered.level or "none of its own"
            return f"the level of subject {subject} is {held}, not {LEVEL_OF_TYPES}"
        if name in around.shared and not same_schema(around.shared[name], registered.latest.text):
            return f"_types/{name}.avsc is another schema than subject {subject}"
        if name in around.defined:
            return f"another schema defines {name} itself"
    return ""


def types_of(referring: Referring) -> dict[str, str]:
    """Text of every type that is referred to, by name."""
    return {
        reference.name: referring.types[reference.subject].latest.text
        for reference in _references(referring)
    }


def with_imports(around: Surroundings, imports: Iterable[Referring]) -> Surroundings:
    """The surroundings once all of these are imported: one that stands whole makes others so."""
    waiting = list(imports)
    defined = set(around.defined)
    for one in waiting:
        defined |= _definitions(one.value.text)
    while True:
        now = Surroundings(around.shared, frozenset(defined))
        whole = [one for one in waiting if why_whole(one, now)]
        if not whole:
            return now
        waiting = [one for one in waiting if one not in whole]
        for one in whole:
            defined |= _definitions(one.value.whole_text)


def _definitions(text: str) -> set[str]:
    return set(definitions_in(json.loads(text)))


def _references(referring: Referring) -> Iterable[SchemaReference]:
    waiting, seen = list(referring.value.references), set()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        yield reference
        registered = referring.types.get(reference.subject)
        if registered is not None:
            waiting += registered.latest.references
