"""What a model says about one place of a document: its known keys and their descriptions."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel

from headgate.spec.document import Place

JsonSchema = Mapping[str, Any]


@cache
def _schema_of(model: type[BaseModel]) -> JsonSchema:
    return model.model_json_schema()


def known_keys(model: type[BaseModel], place: Place) -> dict[str, str]:
    """The keys that the mapping at `place` may have, each with its description."""
    root = _schema_of(model)
    candidates = [root]
    for step in place:
        candidates = [inner for one in candidates for inner in _inside(root, one, step)]
    return {
        key: _described(root, about)
        for one in candidates
        for plain in _plain(root, one)
        for key, about in plain.get("properties", {}).items()
    }


def _described(root: JsonSchema, schema: JsonSchema) -> str:
    text = schema.get("description")
    if text is None:
        text = next(
            (plain["description"] for plain in _plain(root, schema) if "description" in plain), ""
        )
    return " ".join(str(text).split())


def _plain(root: JsonSchema, schema: JsonSchema) -> Iterator[JsonSchema]:
    """The schema without references and alternatives: one for each alternative."""
    if "$ref" in schema:
        yield from _plain(root, root["$defs"][schema["$ref"].rsplit("/", 1)[-1]])
        return
    alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
    for alternative in alternatives:
        yield from _plain(root, alternative)
    if not alternatives:
        yield schema


def _inside(root: JsonSchema, schema: JsonSchema, step: str | int) -> Iterator[JsonSchema]:
    for plain in _plain(root, schema):
        if isinstance(step, int):
            items = plain.get("items")
            if isinstance(items, Mapping):
                yield items
        elif step in plain.get("properties", {}):
            yield plain["properties"][step]
        else:
            others = plain.get("additionalProperties")
            if isinstance(others, Mapping):
                yield others
            yield from plain.get("patternProperties", {}).values()
