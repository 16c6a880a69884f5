"""What is declared of a subject and what the registry has of it, with the changes that follow.

The same rows hold for values made by hand and for a real registry that was brought there.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headgate.clients.observed import ObservedSubject, RegisteredSchema, SchemaReference
from headgate.ids import TopicName
from headgate.plan.declared_subject import DeclaredSubject, declared_subjects
from headgate.spec.avro_inlining import inlined, types_used
from headgate.spec.declared import DeclaredTopic, DeclaredType
from headgate.spec.topic import Level, TopicSpec

from harness.avro_pairs import Schema, enum, field, inner

NAMESPACE = "io.headgate.rows"
"""Put in its place is one that no other test has, for a registry that others use too."""
Expected = tuple[str, str, str]
"""Kind, operation and risk of a change."""

NONE: Expected = ("subject", "none", "safe")
CREATE: Expected = ("subject", "create", "safe")
UPDATE: Expected = ("subject", "update", "safe")
REFUSED: Expected = ("subject", "update", "refused")
RAISE: Expected = ("level", "update", "safe")
LOWER: Expected = ("level", "update", "needs_approval")


@dataclass(frozen=True)
class Version:
    """A version in the registry; the types that it names are at these versions."""

    schema: Schema
    types: tuple[tuple[str, int], ...] = ()
    kind: str = "AVRO"


@dataclass(frozen=True)
class Row:
    """One case. `types` are declared, `type_history` is registered, both by full name."""

    says: str
    declared: Schema
    history: tuple[Version, ...]
    changes: tuple[Expected, ...]
    reason: str = ""
    """Part of the reason of one of the changes."""
    level: Level = "FULL_TRANSITIVE"
    held: str | None = "FULL_TRANSITIVE"
    """Level in the registry; None: the subject has none of its own."""
    types: tuple[Schema, ...] = ()
    type_history: tuple[tuple[Schema, ...], ...] = ()
    type_changes: tuple[Expected, ...] = ()

    def subjects(self, topic: str, namespace: str) -> tuple[DeclaredSubject, ...]:
        """The declared subjects: the types, then the value."""
        types = {_name(one): one for one in _moved(self.types, namespace)}
        written = _moved(self.declared, namespace)
        declared_types = tuple(
            DeclaredType(name, Path(), one, types_used(one, types)) for name, one in types.items()
        )
        spec = TopicSpec(
            description="Rows.", owner="tests", partitions=1, partitioning="none",
            compatibility=self.level,
        )  # fmt: skip
        uses = types_used(written, types)
        declared = DeclaredTopic(
            TopicName(topic),
            Path(),
            spec,
            inlined(written, types),
            None,
            written if uses else None,
            declared_types if uses else (),
        )
        return declared_subjects([declared])

    def observed(self, topic: str, namespace: str) -> ObservedSubject | None:
        """The value's subject, made by hand; None where there are no versions."""
        if not self.history:
            return None
        subject = f"{topic}-value"
        versions = []
        for number, version in enumerate(self.history, start=1):
            schema = _moved(version.schema, namespace)
            references = self.references(version, namespace)
            of_types = self.of_types(namespace)
            types = {one.name: of_types[one.name][one.version - 1] for one in references}
            whole = json.dumps(inlined(schema, types)) if references else ""
            versions.append(
                RegisteredSchema(
                    subject, number, number, json.dumps(schema), version.kind, references, whole
                )
            )
        return ObservedSubject(subject, self.held, tuple(versions))

    def of_types(self, namespace: str) -> dict[str, list[Schema]]:
        """Registered versions of each type."""
        found: dict[str, list[Schema]] = {}
        for history in _moved(self.type_history, namespace):
            found[_name(history[0])] = list(history)
        return found

    @staticmethod
    def references(version: Version, namespace: str) -> tuple[SchemaReference, ...]:
        """What a version refers to."""
        names = _moved(version.types, namespace)
        return tuple(SchemaReference(name, name, number) for name, number in names)


def moved(schema: Schema, namespace: str) -> Schema:
    """The schema in another namespace."""
    found: Schema = _moved(schema, namespace)
    return found


def _moved(value: Any, namespace: str) -> Any:
    return json.loads(json.dumps(value).replace(NAMESPACE, namespace))


def _name(schema: Schema) -> str:
    return f"{schema['namespace']}.{schema['name']}"


def record(*fields: dict[str, Any], **more: Any) -> Schema:
    head = {"type": "record", "name": "Reading", "namespace": NAMESPACE, **more}
    return {**head, "fields": [field("device", "string"), *fields]}


BASE = record()
COUNT = field("count", "int", default=0)
UNIT = field("unit", "string", default="bar")
TEXT = field("count", "string", default="")
MILLIS = {"type": "long", "logicalType": "timestamp-millis"}
MICROS = {"type": "long", "logicalType": "timestamp-micros"}

JSON_SCHEMA = {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object"}

SITE = inner("Site", field("city", "string"), namespace=NAMESPACE)
SITE_2 = inner("Site", field("city", "string"), field("zip", "string", default=""),
               namespace=NAMESPACE)  # fmt: skip
SITE_BROKEN = inner("Site", field("city", "int"), namespace=NAMESPACE)
SITE_NAME = f"{NAMESPACE}.Site"
PLANT = inner("Plant", field("site", "Site"), namespace=NAMESPACE)
PLANT_NAME = f"{NAMESPACE}.Plant"
AT_SITE = record(field("site", SITE_NAME))
AT_SITE_WHOLE = record(field("site", SITE))
AT_PLANT = record(field("plant", PLANT_NAME), field("site", SITE_NAME))


def plain(*schemas: Schema) -> tuple[Version, ...]:
    return tuple(Version(schema) for schema in schemas)


ROWS = (
    Row("unknown subject", BASE, (), (CREATE,)),
    Row("unknown subject, level of its own", BASE, (), (CREATE,), level="BACKWARD"),
    Row("as declared", BASE, plain(BASE), (NONE,)),
    Row("as declared, the last of several", record(UNIT), plain(BASE, record(UNIT)), (NONE,)),
    Row("other documentation", record(doc="x"), plain(BASE), (NONE,)),
    Row("no level", BASE, plain(BASE), (RAISE,), held=None),
    Row("level NONE", BASE, plain(BASE), (RAISE,), held="NONE"),
    Row("level FULL", BASE, plain(BASE), (RAISE,), held="FULL"),
    Row("level BACKWARD, declared FULL", BASE, plain(BASE), (RAISE,), held="BACKWARD",
        level="FULL"),
    Row("level declared lower", BASE, plain(BASE), (LOWER,),
        "lowered from FULL_TRANSITIVE to BACKWARD", level="BACKWARD"),
    Row("level declared NONE", BASE, plain(BASE), (LOWER,),
        "promised no earlier record", level="NONE"),
    Row("level neither higher nor lower", BASE, plain(BASE), (LOWER,),
        "readers of the newest schema", held="BACKWARD", level="FORWARD"),
    Row("field with a default added", record(UNIT), plain(BASE), (UPDATE,)),
    Row("field with a default added, level raised", record(UNIT), plain(BASE), (RAISE, UPDATE),
        held="NONE"),
    Row("break", record(TEXT), plain(record(COUNT)), (REFUSED,), "a type is changed at count"),
    Row("break says what to do instead", record(TEXT), plain(record(COUNT)), (REFUSED,),
        "headgate schema migrate "),
    Row("break, level lowered so that it is none", record(TEXT), plain(record(COUNT)),
        (LOWER, UPDATE), "lowered", level="NONE"),
    Row("break of the level that is raised", record(TEXT), plain(record(COUNT)),
        (RAISE, REFUSED), "a type is changed at count", held="NONE"),
    Row("older version declared again", BASE, plain(BASE, record(UNIT)), (REFUSED,),
        "this is version 1 again, but version 2 is the latest"),
    Row("older version declared again, level NONE", BASE, plain(BASE, record(COUNT), record(TEXT)),
        (REFUSED,), "this is version 1 again, but version 3 is the latest", held="NONE",
        level="NONE"),
    Row("int to long under BACKWARD", record(field("count", "long", default=0)),
        plain(record(COUNT)), (UPDATE,), held="BACKWARD", level="BACKWARD"),
    Row("required field under BACKWARD", record(field("unit", "string")), plain(BASE), (REFUSED,),
        "a field is added without a default at unit", held="BACKWARD", level="BACKWARD"),
    Row("break with an older version under FULL", record(TEXT), plain(record(COUNT), BASE),
        (UPDATE,), held="FULL", level="FULL"),
    Row("break with an older version", record(TEXT), plain(record(COUNT), BASE), (REFUSED,),
        "cannot read version 1"),
    Row("other logical type", record(field("at", MICROS)), plain(record(field("at", MILLIS))),
        (REFUSED,), "timestamp-millis becomes timestamp-micros"),
    Row("enum symbol added", record(field("state", enum("ON", "OFF"))),
        plain(record(field("state", enum("ON")))), (REFUSED,), "enum symbols are added"),
    Row("another kind of schema", BASE, (Version(JSON_SCHEMA, kind="JSON"),), (REFUSED,),
        "version 1 is not Avro but JSON"),
    Row("shared type, all unknown", AT_SITE, (), (CREATE,), types=(SITE,),
        type_changes=(CREATE,)),
    Row("shared type, as declared", AT_SITE, (Version(AT_SITE, ((SITE_NAME, 1),)),), (NONE,),
        types=(SITE,), type_history=((SITE,),), type_changes=(NONE,)),
    Row("shared type, registered within the schema", AT_SITE, plain(AT_SITE_WHOLE), (NONE,),
        types=(SITE,), type_history=((SITE,),), type_changes=(NONE,)),
    Row("registered with a shared type, declared within the schema", AT_SITE_WHOLE,
        (Version(AT_SITE, ((SITE_NAME, 1),)),), (NONE,), type_history=((SITE,),)),
    Row("shared type taken into the schema again, and a field added",
        record(field("site", SITE), UNIT), (Version(AT_SITE, ((SITE_NAME, 1),)),), (REFUSED,),
        "versions that refer to shared types", type_history=((SITE,),)),
    Row("shared type changed", AT_SITE, (Version(AT_SITE, ((SITE_NAME, 1),)),), (UPDATE,),
        types=(SITE_2,), type_history=((SITE,),), type_changes=(UPDATE,)),
    Row("shared type changed, and registered by another topic before", AT_SITE,
        (Version(AT_SITE, ((SITE_NAME, 1),)),), (UPDATE,), types=(SITE_2,),
        type_history=((SITE, SITE_2),), type_changes=(NONE,)),
    Row("shared type broken", AT_SITE, (Version(AT_SITE, ((SITE_NAME, 1),)),), (REFUSED,),
        "a type is changed at site.city", types=(SITE_BROKEN,), type_history=((SITE,),),
        type_changes=(REFUSED,)),
    Row("field added beside a shared type", record(field("site", SITE_NAME), UNIT),
        (Version(AT_SITE, ((SITE_NAME, 1),)),), (UPDATE,), types=(SITE,), type_history=((SITE,),),
        type_changes=(NONE,)),
    Row("required field added beside a shared type",
        record(field("site", SITE_NAME), field("unit", "string")),
        (Version(AT_SITE, ((SITE_NAME, 1),)),), (REFUSED,),
        "a field is added without a default at unit", types=(SITE,), type_history=((SITE,),),
        type_changes=(NONE,)),
    Row("type within a type, all unknown", AT_PLANT, (), (CREATE,), types=(SITE, PLANT),
        type_changes=(CREATE, CREATE)),
)  # fmt: skip
