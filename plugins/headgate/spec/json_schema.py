"""JSON Schemas of the declared files, for completion and checks in editors."""

from datetime import timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from headgate.spec.environment import HeadgateToml
from headgate.spec.job import JobSpec
from headgate.spec.quantities import format_duration
from headgate.spec.topic import TopicSpec

DeclaredFile = Literal["topic", "job", "config"]
DECLARED_FILES: tuple[DeclaredFile, ...] = get_args(DeclaredFile)


class _AsWritten(GenerateJsonSchema):
    """Defaults as a person would write them: `5s`, not `PT5S`."""

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 - any default
        if isinstance(dft, timedelta):
            return format_duration(dft)
        if isinstance(dft, BaseModel):
            return dft.model_dump(mode="json", exclude_unset=True)
        return super().encode_default(dft)


_MODELS: dict[DeclaredFile, tuple[type[BaseModel], str]] = {
    "topic": (TopicSpec, "topic.yaml"),
    "job": (JobSpec, "job.yaml"),
    "config": (HeadgateToml, "headgate.toml"),
}


def json_schema(declared_file: DeclaredFile) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of one kind of declared file."""
    model, title = _MODELS[declared_file]
    schema = model.model_json_schema(schema_generator=_AsWritten)
    schema["title"] = title
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
