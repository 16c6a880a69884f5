"""When two Avro schemas are the same one.

Two schemas are the same if their canonical forms are equal: names in full, primitive types as
plain strings, keys in one order. Left out is what Apicurio Registry 3.3.3 does not count as
another schema either (measured): `doc`, `aliases` and the default of an enum. A change of these
alone could never be registered there, so it waits for the next change that can. Everything else
counts, logical types, defaults and foreign properties included.
"""

import json
from collections.abc import Mapping
from typing import Any

PRIMITIVE = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
NAMED = frozenset({"record", "enum", "fixed", "error"})
_UNCOUNTED = frozenset({"doc", "aliases", "namespace"})

Schema = Any
"""An Avro schema as JSON holds it: a name, a union or an object."""


def canonical(schema: Schema, namespace: str = "") -> Schema:
    """The canonical form, again as JSON holds it."""
    if isinstance(schema, str):
        return _full(schema, namespace)
    if isinstance(schema, list):
        return [canonical(branch, namespace) for branch in schema]
    kind = schema["type"]
    if not isinstance(kind, str) or set(schema) == {"type"}:
        return canonical(kind, namespace)
    form = {key: value for key, value in schema.items() if key not in _UNCOUNTED}
    if kind in NAMED:
        form["name"] = _full(schema["name"], schema.get("namespace", namespace))
        namespace = form["name"].rpartition(".")[0]
    if kind == "enum":
        form.pop("default", None)
    for inner in {"items", "values"} & form.keys():
        form[inner] = canonical(form[inner], namespace)
    if "fields" in form:
        form["fields"] = [_field(field, namespace) for field in form["fields"]]
    return dict(sorted(form.items()))


def same_schema(one: str, other: str) -> bool:
    """Whether two texts are the same schema. Text that is no JSON equals only itself."""
    try:
        return bool(canonical(json.loads(one)) == canonical(json.loads(other)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return one == other


def _field(field: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    form = {key: value for key, value in field.items() if key not in _UNCOUNTED}
    form["type"] = canonical(form["type"], namespace)
    return dict(sorted(form.items()))


def _full(name: str, namespace: str) -> str:
    if name in PRIMITIVE or "." in name or not namespace:
        return name
    return f"{namespace}.{name}"
