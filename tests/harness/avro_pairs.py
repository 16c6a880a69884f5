"""How schemas change, and whether they may: each pair holds for the offline check and a registry.

A pair is a history of versions and the schema that shall come next. Where a real registry gives
the other verdict, `disagrees` says why, and the tests hold it to that too.
"""

from dataclasses import dataclass
from typing import Any

from headgate.spec.topic import Level

Schema = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """One change of a schema and the verdict of the offline check."""

    says: str
    history: tuple[Schema, ...]
    next: Schema
    reason: str = ""
    """Part of what the offline check says against it; empty: it is compatible."""
    level: Level = "FULL_TRANSITIVE"
    disagrees: str = ""
    """Why Apicurio Registry 3.3.3 gives the other verdict; empty: it gives the same."""

    @property
    def is_compatible(self) -> bool:
        return not self.reason


def field(name: str, kind: Any, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, **more}


def record(*fields: dict[str, Any], name: str = "Reading", **more: Any) -> Schema:
    head = {"type": "record", "name": name, "namespace": "io.headgate.pairs", **more}
    return {**head, "fields": [DEVICE, *fields]}


def inner(name: str, *fields: dict[str, Any], **more: Any) -> Schema:
    return {"type": "record", "name": name, "fields": list(fields), **more}


def enum(*symbols: str, name: str = "State", **more: Any) -> Schema:
    return {"type": "enum", "name": name, "symbols": list(symbols), **more}


def fixed(size: int, name: str = "Digest", **more: Any) -> Schema:
    return {"type": "fixed", "name": name, "size": size, **more}


def array(items: Any) -> Schema:
    return {"type": "array", "items": items}


def map_of(values: Any) -> Schema:
    return {"type": "map", "values": values}


def logical(kind: str, name: str, **more: Any) -> Schema:
    return {"type": kind, "logicalType": name, **more}


DEVICE = field("device", "string")
BASE = record()
UNIT = field("unit", "string", default="bar")
NOTE = field("note", ["null", "string"], default=None)
COUNT = field("count", "int", default=0)
CITY, ZIP = field("city", "string"), field("zip", "string", default="")
MILLIS, MICROS = logical("long", "timestamp-millis"), logical("long", "timestamp-micros")
TREE = inner("Tree", field("value", "int"), field("next", ["null", "Tree"], default=None))

_LOGICAL = "registries compare how values are stored; a logical type changes only what they mean"
_ADDED = "a field is added without a default"
_REMOVED = "a field that has no default is removed"
_CHANGED = "a type is changed"
_OLD_READER = "version 1 cannot read the new schema"
_NEW_READER = "the new schema cannot read version 1"

ALLOWED = (
    Pair("the same schema", (BASE,), BASE),
    Pair("field with a default added", (BASE,), record(UNIT)),
    Pair("optional field added", (BASE,), record(NOTE)),
    Pair("field with a default removed", (record(UNIT),), BASE),
    Pair("optional field removed", (record(NOTE),), BASE),
    Pair("one field with a default for another", (record(UNIT),), record(COUNT)),
    Pair("default changed", (record(COUNT),), record(field("count", "int", default=7))),
    Pair("fields in another order", (record(UNIT, NOTE),), record(NOTE, UNIT)),
    Pair("documentation added", (BASE,), record(doc="What a device measured.")),
    Pair("alias of a field added", (record(COUNT),), record({**COUNT, "aliases": ["number"]})),
    Pair("property unknown to Avro added", (record(COUNT),), record({**COUNT, "pii": True})),
    Pair(
        "list with a default added",
        (BASE,),
        record(field("tags", array("string"), default=[])),
    ),
    Pair("map with a default added", (BASE,), record(field("labels", map_of("int"), default={}))),
    Pair(
        "enum field with a default added",
        (BASE,),
        record(field("state", enum("ON"), default="ON")),
    ),
    Pair(
        "record with a default added",
        (BASE,),
        record(field("site", inner("Site", CITY), default={"city": ""})),
    ),
    Pair(
        "field with a default added to an inner record",
        (record(field("site", inner("Site", CITY))),),
        record(field("site", inner("Site", CITY, ZIP))),
    ),
    Pair(
        "field with a default added to a record in a list",
        (record(field("sites", array(inner("Site", CITY)))),),
        record(field("sites", array(inner("Site", CITY, ZIP)))),
    ),
    Pair(
        "field with a default added to an optional record",
        (record(field("site", ["null", inner("Site", CITY)], default=None)),),
        record(field("site", ["null", inner("Site", CITY, ZIP)], default=None)),
    ),
    Pair(
        "enum symbol added, both sides with a default",
        (record(field("state", enum("ON", "OFF", default="OFF"))),),
        record(field("state", enum("ON", "OFF", "IDLE", default="OFF"))),
    ),
    Pair(
        "enum symbols in another order",
        (record(field("state", enum("ON", "OFF"))),),
        record(field("state", enum("OFF", "ON"))),
    ),
    Pair("union in another order", (record(field("n", ["int", "string"])),), record(
        field("n", ["string", "int"]))),
    Pair("field with a default added to a record that holds itself", (
        record(field("tree", TREE)),), record(field("tree", {
            **TREE, "fields": [*TREE["fields"], field("name", "string", default="")]}))),
    Pair("string to bytes", (record(field("raw", "string")),), record(field("raw", "bytes"))),
    Pair(
        "namespace changed",
        (BASE,),
        record(namespace="io.headgate.elsewhere"),
    ),
    Pair("field removed and, two versions on, added again with the same type", (
        record(COUNT), BASE), record(COUNT)),
)  # fmt: skip

REFUSED = (
    Pair("field without a default added", (BASE,), record(field("unit", "string")),
         f"{_NEW_READER}: {_ADDED} at unit"),
    Pair("field without a default removed", (record(field("unit", "string")),), BASE,
         f"{_OLD_READER}: {_REMOVED} at unit"),
    Pair("field renamed", (record(COUNT),), record(field("number", "int")), f"{_ADDED} at number"),
    Pair("field renamed with an alias", (record(field("count", "int")),),
         record(field("number", "int", aliases=["count"])), f"{_OLD_READER}: {_REMOVED} at count"),
    Pair("int to long", (record(COUNT),), record(field("count", "long", default=0)),
         f"{_OLD_READER}: {_CHANGED} at count"),
    Pair("float to double", (record(field("value", "float")),), record(field("value", "double")),
         f"{_OLD_READER}: {_CHANGED} at value"),
    Pair("long to int", (record(field("count", "long")),), record(field("count", "int")),
         f"{_NEW_READER}: {_CHANGED} at count"),
    Pair("string to int", (record(field("count", "string")),), record(field("count", "int")),
         f"{_NEW_READER}: {_CHANGED} at count"),
    Pair("required made optional", (record(field("note", "string")),), record(NOTE),
         f"{_OLD_READER}: {_CHANGED} at note"),
    Pair("optional made required", (record(NOTE),), record(field("note", "string", default="")),
         f"{_NEW_READER}: {_CHANGED} at note"),
    Pair("type added to a union", (record(NOTE),),
         record(field("note", ["null", "string", "int"], default=None)),
         f"{_OLD_READER}: a type is added to a union at note"),
    Pair("type taken out of a union", (record(field("note", ["null", "string", "int"])),),
         record(field("note", ["null", "string"])),
         f"{_NEW_READER}: a type is taken out of a union at note"),
    Pair("enum symbol added", (record(field("state", enum("ON", "OFF"))),),
         record(field("state", enum("ON", "OFF", "IDLE"))),
         f"{_OLD_READER}: enum symbols are added and the enum had no default at state"),
    Pair("enum symbol removed", (record(field("state", enum("ON", "OFF"))),),
         record(field("state", enum("ON"))),
         f"{_NEW_READER}: enum symbols are removed and the enum has no default at state"),
    Pair("enum symbol added, the default only in the new schema",
         (record(field("state", enum("ON", "OFF"))),),
         record(field("state", enum("ON", "OFF", "IDLE", default="OFF"))),
         f"{_OLD_READER}: enum symbols are added and the enum had no default at state"),
    Pair("enum renamed", (record(field("state", enum("ON"))),),
         record(field("state", enum("ON", name="Condition"))),
         "a record, enum or fixed is renamed at state"),
    Pair("record renamed", (BASE,), record(name="Measurement"),
         "a record, enum or fixed is renamed at the top"),
    Pair("record renamed with an alias", (BASE,),
         record(name="Measurement", aliases=["io.headgate.pairs.Reading"]),
         f"{_OLD_READER}: a record, enum or fixed is renamed at the top"),
    Pair("inner record renamed", (record(field("site", inner("Site", CITY))),),
         record(field("site", inner("Place", CITY))),
         "a record, enum or fixed is renamed at site"),
    Pair("size of a fixed", (record(field("digest", fixed(16))),),
         record(field("digest", fixed(32))), "the size of a fixed is changed at digest"),
    Pair("fixed to bytes", (record(field("digest", fixed(16))),),
         record(field("digest", "bytes")), f"{_CHANGED} at digest"),
    Pair("items of a list", (record(field("tags", array("string"))),),
         record(field("tags", array("int"))), f"{_CHANGED} at tags[]"),
    Pair("values of a map", (record(field("labels", map_of("string"))),),
         record(field("labels", map_of("int"))), f"{_CHANGED} at labels{{}}"),
    Pair("list to map", (record(field("tags", array("string"))),),
         record(field("tags", map_of("string"))), f"{_CHANGED} at tags"),
    Pair("required field of an inner record", (record(field("site", inner("Site", CITY))),),
         record(field("site", inner("Site", CITY, field("zip", "string")))),
         f"{_ADDED} at site.zip"),
    Pair("required field of a record in a list",
         (record(field("sites", array(inner("Site", CITY)))),),
         record(field("sites", array(inner("Site", CITY, field("zip", "string"))))),
         f"{_ADDED} at sites[].zip"),
    Pair("required field of an optional record",
         (record(field("site", ["null", inner("Site", CITY)], default=None)),),
         record(field("site", ["null", inner("Site", CITY, field("zip", "string"))], default=None)),
         f"{_ADDED} at site.zip"),
    Pair("default taken away, then the field", (record(COUNT), record(field("count", "int"))), BASE,
         f"version 2 cannot read the new schema: {_REMOVED} at count"),
    Pair("default taken away from an added field", (BASE, record(COUNT)),
         record(field("count", "int")), f"{_NEW_READER}: {_ADDED} at count"),
    Pair("name used again with another type, three versions on",
         (record(COUNT), BASE), record(field("count", "string", default="")),
         f"{_NEW_READER}: {_CHANGED} at count"),
    Pair("required field of a record that holds itself", (record(field("tree", TREE)),),
         record(field("tree", {**TREE, "fields": [*TREE["fields"], field("name", "string")]})),
         f"{_ADDED} at tree.name"),
    Pair("milliseconds to microseconds", (record(field("at", MILLIS)),),
         record(field("at", MICROS)), "at at: timestamp-millis becomes timestamp-micros",
         disagrees=_LOGICAL),
    Pair("time to plain number", (record(field("at", MILLIS)),), record(field("at", "long")),
         "at at: timestamp-millis becomes plain long", disagrees=_LOGICAL),
    Pair("plain number to date", (record(field("day", "int")),),
         record(field("day", logical("int", "date"))), "at day: plain int becomes date",
         disagrees=_LOGICAL),
    Pair("scale of a decimal",
         (record(field("price", logical("bytes", "decimal", precision=9, scale=2))),),
         record(field("price", logical("bytes", "decimal", precision=9, scale=3))),
         "at price: decimal 9 2 becomes decimal 9 3", disagrees=_LOGICAL),
    Pair("meaning of an optional value", (record(field("at", ["null", MILLIS])),),
         record(field("at", ["null", MICROS])), "at at: timestamp-millis becomes timestamp-micros",
         disagrees=_LOGICAL),
    Pair("meaning in a list", (record(field("at", array(MILLIS))),),
         record(field("at", array(MICROS))), "at at[]: timestamp-millis becomes timestamp-micros",
         disagrees=_LOGICAL),
)  # fmt: skip

OTHER_LEVELS = (
    Pair("NONE: anything", (record(COUNT),), record(field("count", "string")), level="NONE"),
    Pair("NONE: another record", (BASE,), record(name="Other"), level="NONE"),
    Pair("BACKWARD: int to long", (record(COUNT),), record(field("count", "long", default=0)),
         level="BACKWARD"),
    Pair("BACKWARD: required field removed", (record(field("unit", "string")),), BASE,
         level="BACKWARD"),
    Pair("BACKWARD: required field added", (BASE,), record(field("unit", "string")),
         f"{_NEW_READER}: {_ADDED} at unit", level="BACKWARD"),
    Pair("BACKWARD: breaks with an older version only",
         (record(COUNT), BASE), record(field("count", "string", default="")), level="BACKWARD"),
    Pair("BACKWARD_TRANSITIVE: breaks with an older version",
         (record(COUNT), BASE), record(field("count", "string", default="")),
         f"{_NEW_READER}: {_CHANGED} at count", level="BACKWARD_TRANSITIVE"),
    Pair("BACKWARD_TRANSITIVE: field renamed with an alias", (record(field("count", "int")),),
         record(field("number", "int", aliases=["count"])), level="BACKWARD_TRANSITIVE"),
    Pair("FORWARD: required field added", (BASE,), record(field("unit", "string")),
         level="FORWARD"),
    Pair("FORWARD: long to int", (record(field("count", "long")),), record(field("count", "int")),
         level="FORWARD"),
    Pair("FORWARD: required field removed", (record(field("unit", "string")),), BASE,
         f"{_OLD_READER}: {_REMOVED} at unit", level="FORWARD"),
    Pair("FORWARD_TRANSITIVE: field removed that the first version requires",
         (record(field("count", "int")), record(COUNT)), BASE,
         f"{_OLD_READER}: {_REMOVED} at count", level="FORWARD_TRANSITIVE"),
    Pair("FORWARD: field removed that the first version requires",
         (record(field("count", "int")), record(COUNT)), BASE, level="FORWARD"),
    Pair("FULL: breaks with an older version only",
         (record(COUNT), BASE), record(field("count", "string", default="")), level="FULL"),
    Pair("FULL: int to long", (record(COUNT),), record(field("count", "long", default=0)),
         f"{_OLD_READER}: {_CHANGED} at count", level="FULL"),
    Pair("BACKWARD: milliseconds to microseconds", (record(field("at", MILLIS)),),
         record(field("at", MICROS)), "at at: timestamp-millis becomes timestamp-micros",
         level="BACKWARD", disagrees=_LOGICAL),
)  # fmt: skip

PAIRS = (*ALLOWED, *REFUSED, *OTHER_LEVELS)
