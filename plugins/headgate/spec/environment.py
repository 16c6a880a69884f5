"""`headgate.toml`: where Kafka, the registry, the Flink clusters, state and ledger are.

Secrets stand here only as references, `env:NAME` or (inside Airflow) `conn:ID`; they are
resolved where a client is opened, never before.
"""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from headgate.ids import NAME_PATTERN
from headgate.spec.strict import Strict

SECRET_REFERENCE_PATTERN = r"^(env:[A-Za-z_][A-Za-z0-9_]*|conn:[A-Za-z0-9_.-]+)$"  # noqa: S105
SecretReference = Annotated[str, Field(pattern=SECRET_REFERENCE_PATTERN)]
Line = Annotated[str, Field(pattern=r"^\d+\.\d+$")]


class RegistryAddress(Strict):
    """A schema registry with the Confluent-compatible API."""

    url: str
    """Base URL of the API, for Apicurio with `/apis/ccompat/v7`."""
    user: str | None = None
    password: SecretReference | None = None


class FlinkCluster(Strict):
    """One Flink session cluster, which runs the jobs of one line."""

    rest: str
    """Address of the JobManager's REST API, for people the address of its UI."""
    python: Path
    """Interpreter with PyFlink of this line: compiles SQL here, runs drivers on the cluster."""


class Environment(Strict):
    """Everything outside that headgate talks to, resolved but for secrets."""

    kafka: dict[str, str]
    """Client settings by librdkafka's names; values of secrets are references."""
    registry: RegistryAddress
    flink: dict[Line, FlinkCluster]
    state: str
    """Folder (or fsspec URL) for checkpoints and savepoints, the same for every Flink line."""
    artefacts: Path
    """Folder of staged code and compiled plans, visible to every Flink cluster at this path."""
    ledger: str
    """SQLAlchemy URL of the ledger, without a password."""
    ledger_password: SecretReference | None = None
    topic_prefix: str = ""
    """Prefix of topics that this environment owns."""


class EmbeddedEnvironment(Strict):
    """An environment whose addresses come from a running embedded stack (`headgate up`)."""

    stack: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]


class HeadgateToml(Strict):
    """The whole file."""

    default: str
    """Environment that is used when none is named."""
    environments: dict[str, Environment | EmbeddedEnvironment]
