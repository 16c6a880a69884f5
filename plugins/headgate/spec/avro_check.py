"""Check an Avro schema, every error with its line (Avro specification 1.12, Schema Declaration)."""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any

from headgate.errors import Finding
from headgate.spec.avro_default import default_problem
from headgate.spec.avro_names import (
    FULL_NAME,
    KINDS,
    NAME,
    NAMED_KINDS,
    PRIMITIVES,
    Schema,
    full_name,
    namespace_within,
)
from headgate.spec.document import Document, Place
from headgate.spec.suggestion import did_you_mean


@dataclass(frozen=True)
class KnownTypes:
    """Types of other files that a schema may name."""

    names: frozenset[str] = frozenset()
    """Full names, of types with errors too."""
    schemas: Mapping[str, Schema] = made_by(default_factory=dict)
    """Those without an error, by full name: defaults can be held against them."""
    taken: Mapping[str, str] = made_by(default_factory=dict)
    """Names that these files define, the inner ones too, and the file that defines each."""


_NO_TYPES = KnownTypes()


def check_avro_record(document: Document, types: KnownTypes = _NO_TYPES) -> list[Finding]:
    """What is wrong with a schema file, whose top must be a record."""
    return _checked(document, types, ("record",), "an Avro schema of type record is expected")


def check_avro_type(document: Document, types: KnownTypes) -> list[Finding]:
    """What is wrong with the file of a named type."""
    expected = "a named Avro type is expected: a record, an enum or a fixed"
    return _checked(document, types, tuple(NAMED_KINDS), expected)


def _checked(
    document: Document, types: KnownTypes, kinds: tuple[str, ...], expected: str
) -> list[Finding]:
    check = _Check(document, types)
    schema = document.value
    if not isinstance(schema, Mapping) or schema.get("type") not in kinds:
        check.report(expected, "type")
    else:
        check.schema(schema, (), "")
    return check.findings


class _Check:
    def __init__(self, document: Document, types: KnownTypes) -> None:
        self._document = document
        self._types = types
        self.findings: list[Finding] = []
        self.named: dict[str, Schema] = dict(types.schemas)

    def report(self, message: str, *place: str | int) -> None:
        self.findings.append(self._document.finding(message, *place))

    def schema(self, schema: Schema, place: Place, namespace: str) -> None:
        """Check a schema of any kind."""
        if isinstance(schema, str):
            self._reference(schema, place, namespace)
        elif isinstance(schema, list):
            self._union(schema, place, namespace)
        elif isinstance(schema, Mapping):
            self._object(schema, place, namespace)
        else:
            self.report(f"{schema!r} is not an Avro type", *place)

    def _reference(self, name: str, place: Place, namespace: str) -> None:
        known = self._types.names | set(self.named)
        if name in PRIMITIVES or full_name(name, namespace) in known:
            return
        known |= KINDS
        self.report(f"unknown type '{name}'{did_you_mean(name, known)}", *place)

    def _union(self, branches: list[Schema], place: Place, namespace: str) -> None:
        if not branches:
            self.report("a union needs at least one type", *place)
        seen: set[str] = set()
        for index, branch in enumerate(branches):
            inner = (*place, index)
            if isinstance(branch, list):
                self.report("a union may not stand directly in a union", *inner)
                continue
            self.schema(branch, inner, namespace)
            label = self._label(branch, namespace)
            if label in seen:
                self.report(f"'{label}' stands twice in one union", *inner)
            seen.add(label)

    @staticmethod
    def _label(schema: Schema, namespace: str) -> str:
        if isinstance(schema, Mapping):
            kind = str(schema.get("type"))
            return full_name(str(schema.get("name")), namespace) if kind in NAMED_KINDS else kind
        return schema if schema in PRIMITIVES else full_name(str(schema), namespace)

    def _object(self, schema: Mapping[str, Any], place: Place, namespace: str) -> None:
        kind = schema.get("type")
        if kind is None:
            self.report("'type' is missing", *place)
        elif isinstance(kind, (Mapping, list)):
            self.schema(kind, (*place, "type"), namespace)
        elif kind in NAMED_KINDS:
            self._named(schema, place, namespace)
        elif kind == "array":
            self._inner(schema, "items", place, namespace)
        elif kind == "map":
            self._inner(schema, "values", place, namespace)
        else:
            self._reference(str(kind), (*place, "type"), namespace)
        if schema.get("logicalType") == "decimal" and kind in {"bytes", "fixed"}:
            self._decimal(schema, place)

    def _inner(self, schema: Mapping[str, Any], key: str, place: Place, namespace: str) -> None:
        if key in schema:
            self.schema(schema[key], (*place, key), namespace)
        else:
            self.report(f"'{key}' is missing in a type '{schema['type']}'", *place)

    def _named(self, schema: Mapping[str, Any], place: Place, namespace: str) -> None:
        name, inner = schema.get("name"), namespace_within(schema, namespace)
        if not isinstance(name, str) or not FULL_NAME.fullmatch(name):
            self.report(f"{name!r} is not a name; use letters, digits and _", *place, "name")
            name = "_"
        elif inner and not FULL_NAME.fullmatch(inner):
            self.report(f"{inner!r} is not a namespace", *place, "namespace")
        full = full_name(name, inner)
        if full in self._types.taken:
            where = self._types.taken[full]
            self.report(f"the name '{full}' is defined in _types/{where} already", *place, "name")
        elif full in self.named:
            self.report(f"the name '{full}' is defined twice", *place, "name")
        self.named[full] = schema
        if schema["type"] == "record":
            self._fields(schema, place, inner)
        elif schema["type"] == "enum":
            self._symbols(schema, place)
        elif not _is_count(schema.get("size")):
            self.report("'size' of a fixed must be a whole number above 0", *place, "size")

    def _fields(self, schema: Mapping[str, Any], place: Place, namespace: str) -> None:
        fields = schema.get("fields")
        if not isinstance(fields, list) or not fields:
            self.report("'fields' must be a list with at least one field", *place, "fields")
            return
        seen: set[str] = set()
        for index, field in enumerate(fields):
            inner = (*place, "fields", index)
            if not isinstance(field, Mapping):
                self.report("a field must be an object with name and type", *inner)
                continue
            name = field.get("name")
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self.report(f"{name!r} is not a field name; use letters, digits and _", *inner)
            elif name in seen:
                self.report(f"the field '{name}' stands twice", *inner, "name")
            else:
                seen.add(name)
            self._field_type(field, inner, namespace)

    def _field_type(self, field: Mapping[str, Any], place: Place, namespace: str) -> None:
        if "type" not in field:
            self.report(f"the field '{field.get('name')}' has no type", *place)
            return
        before = len(self.findings)
        self.schema(field["type"], (*place, "type"), namespace)
        if "default" in field and len(self.findings) == before:
            problem = default_problem(field["type"], field["default"], self.named, namespace)
            if problem:
                message = f"the default of '{field.get('name')}' does not fit: {problem}"
                self.report(message, *place, "default")

    def _symbols(self, schema: Mapping[str, Any], place: Place) -> None:
        symbols = schema.get("symbols")
        if not isinstance(symbols, list) or not symbols:
            self.report("'symbols' must be a list with at least one symbol", *place, "symbols")
            return
        for index, symbol in enumerate(symbols):
            if not isinstance(symbol, str) or not NAME.fullmatch(symbol):
                self.report(f"{symbol!r} is not a symbol", *place, "symbols", index)
            elif symbol in symbols[:index]:
                self.report(f"the symbol '{symbol}' stands twice", *place, "symbols", index)
        if "default" in schema and schema["default"] not in symbols:
            self.report(f"the default {schema['default']!r} is no symbol", *place, "default")

    def _decimal(self, schema: Mapping[str, Any], place: Place) -> None:
        precision, scale = schema.get("precision"), schema.get("scale", 0)
        if not isinstance(precision, int) or not _is_count(precision):
            self.report("a decimal needs a 'precision' above 0", *place, "precision")
        elif isinstance(scale, bool) or not isinstance(scale, int) or not 0 <= scale <= precision:
            self.report(f"the scale of a decimal must be 0 to {precision}", *place, "scale")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0
