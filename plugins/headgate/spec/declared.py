"""The declared world as plain values: what the loader returns and everything else works on."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from headgate.ids import Digest, EnvironmentName, JobName, TopicName
from headgate.spec.environment import Environment
from headgate.spec.job import JobSpec
from headgate.spec.topic import TopicSpec

AvroSchema = dict[str, Any]
"""A parsed Avro schema of type record."""


@dataclass(frozen=True)
class DeclaredType:
    """One file of `schemas/_types/`: a named Avro type that several schemas use.

    Its subject has its full name, and schemas that use it are registered with a reference to it.
    """

    name: str
    """Full name, also the stem of the file."""
    file: Path
    schema: dict[str, Any]
    """As written: other declared types are only named in it."""
    uses: tuple[str, ...] = ()
    """Full names of the declared types that it names itself."""


@dataclass(frozen=True)
class DeclaredTopic:
    """One folder of `schemas/`."""

    name: TopicName
    folder: Path
    spec: TopicSpec
    value_schema: AvroSchema
    """Parsed `value.avsc`, a record, with every declared type in its place."""
    key_schema: AvroSchema | None
    """Parsed `key.avsc`, a record; without it the key field is written as plain text."""
    value_as_written: AvroSchema | None = None
    """`value.avsc` with declared types only named; None where it uses none."""
    types: tuple[DeclaredType, ...] = ()
    """Declared types that value.avsc uses, also by way of others; a type comes after those that
    it uses itself."""


@dataclass(frozen=True)
class DeclaredJob:
    """One folder of `flink_jobs/` that holds a `job.yaml`."""

    name: JobName
    folder: Path
    spec: JobSpec
    kind: Literal["sql", "python"]
    code: str
    """Text of `job.sql` or `job.py`."""
    digest: Digest
    """Changes with any change of job.yaml or the code."""
    parts: tuple[str, ...] = ()
    """What the digest is made of: the text of job.yaml, then name and text of each code file."""

    @property
    def code_file(self) -> Path:
        """The file that holds the code."""
        return self.folder / ("job.sql" if self.kind == "sql" else "job.py")


@dataclass(frozen=True)
class Declared:
    """Everything that the repository declares, checked."""

    topics: Mapping[TopicName, DeclaredTopic]
    jobs: Mapping[JobName, DeclaredJob]


@dataclass(frozen=True)
class NamedEnvironment:
    """An environment with its name and, where it is embedded, the stack that provides it."""

    name: EnvironmentName
    settings: Environment
    stack: str | None
