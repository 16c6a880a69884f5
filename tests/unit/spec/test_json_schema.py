"""The committed JSON Schemas are those of the models, and agree with the loader."""

import json
import tomllib
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from headgate.spec.json_schema import DECLARED_FILES, DeclaredFile, json_schema
from unit.spec.sample_project import CONFIG, JOB, READINGS_TOPIC

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("kind", DECLARED_FILES)
def test_committed_schema_is_current(kind: DeclaredFile) -> None:
    file = ROOT / f"docs/json-schema/{kind}.json"
    assert file.read_text() == json.dumps(json_schema(kind), indent=2) + "\n", (
        f"run `headgate schema {kind} > docs/json-schema/{kind}.json`"
    )


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("topic", yaml.safe_load(READINGS_TOPIC)),
        ("job", yaml.safe_load(JOB)),
        ("config", tomllib.loads(CONFIG)),
    ],
)
def test_schema_takes_good_documents_and_no_unknown_keys(
    kind: DeclaredFile, document: dict[str, object]
) -> None:
    schema = json_schema(kind)
    jsonschema.validate(document, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**document, "unknown": 1}, schema)


def test_every_key_has_a_description() -> None:
    for kind in DECLARED_FILES:
        schema = json_schema(kind)
        for part in (schema, *schema["$defs"].values()):
            lacking = [
                key
                for key, about in part["properties"].items()
                if "description" not in about and "$ref" not in about
            ]
            assert not lacking, (kind, part["title"], lacking)


def test_defaults_are_written_as_a_person_writes_them() -> None:
    properties = json_schema("job")["properties"]
    assert properties["checkpoint_interval"]["default"] == "2s"
    assert properties["transaction_timeout"]["default"] == "10m"
