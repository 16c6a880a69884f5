"""`headgate.toml`: where Kafka, the registry, the Flink clusters, state and ledger are.

Secrets stand here only as references, `env:NAME` or (inside Airflow) `conn:ID`; they are
resolved where a client is opened, never before.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from headgate.spec.drift import Drift, Notifier
from headgate.spec.health_check import HealthCheck
from headgate.spec.names import Line, Name
from headgate.spec.strict import Strict

SECRET_REFERENCE_PATTERN = r"^(env:[A-Za-z_][A-Za-z0-9_]*|conn:[A-Za-z0-9_.-]+)$"  # noqa: S105
SecretReference = Annotated[str, Field(pattern=SECRET_REFERENCE_PATTERN)]


class RegistryAddress(Strict):
    """A schema registry with the Confluent-compatible API."""

    url: str
    """Base URL of the API, for Apicurio with `/apis/ccompat/v7`."""
    user: str | None = None
    """User name, where the registry asks for one."""
    password: SecretReference | None = None
    """Reference to the password."""
    ca: Path | None = None
    """PEM file of the certification authorities to trust, where it is not the public ones."""
    certificate: Path | None = None
    """PEM file of the client certificate, where the registry asks for one (mutual TLS)."""
    key: Path | None = None
    """PEM file of its key, without a pass phrase; not needed if `certificate` holds it too."""


class FlinkCluster(Strict):
    """One Flink session cluster, which runs the jobs of one line."""

    rest: str
    """Address of the JobManager's REST API, for people the address of its UI."""
    python: Path
    """Interpreter with PyFlink of this line: compiles SQL here, runs drivers on the cluster."""
    connectors: Path | None = None
    """Folder of the connector jars that compiling needs; none if PyFlink's own folder has them."""
    gate: Path | None = None
    """Jar of the hand-over gate for this line (`.headgate/install/handover-gate/`); without it
    jobs are upgraded by stop and restore alone."""


class Environment(Strict):
    """Everything outside that headgate talks to, resolved but for secrets."""

    kafka: dict[str, str]
    """Client settings by librdkafka's names; values of secrets are references."""
    registry: RegistryAddress
    """The schema registry."""
    flink: dict[Line, FlinkCluster]
    """The Flink clusters, by Flink line."""
    state: str
    """Folder (or fsspec URL) for checkpoints and savepoints, the same for every Flink line."""
    artefacts: Path
    """Folder of staged code and compiled plans, visible to every Flink cluster at this path."""
    ledger: str
    """SQLAlchemy URL of the ledger, without a password."""
    ledger_password: SecretReference | None = None
    """Reference to the password of the ledger's database."""
    owned_topic_prefixes: tuple[str, ...] = ()
    """Topics whose names begin so belong to this project: one that is not declared is reported
    (and never deleted)."""


class EmbeddedEnvironment(Strict):
    """An environment whose addresses come from a running embedded stack (`headgate up`)."""

    stack: Name
    """Name of the stack, as `headgate up --stack` takes it."""
    owned_topic_prefixes: tuple[str, ...] = ()
    """As for an environment with addresses."""


def kind_of_environment(value: object) -> Literal["embedded", "addresses"]:
    """Which of the two an environment is: one with `stack` is embedded."""
    if isinstance(value, EmbeddedEnvironment):
        return "embedded"
    is_embedded = isinstance(value, dict) and "stack" in value
    return "embedded" if is_embedded else "addresses"


AnyEnvironment = Annotated[
    Annotated[Environment, Tag("addresses")] | Annotated[EmbeddedEnvironment, Tag("embedded")],
    Discriminator(kind_of_environment),
]


class HeadgateToml(Strict):
    """`headgate.toml`: the environments in which the declared topics and jobs can run."""

    default: Name
    """Environment that is used when none is named."""
    environments: dict[Name, AnyEnvironment] = Field(min_length=1)
    """The environments by name: addresses, or the embedded stack that has them."""
    drift: Drift = Drift()
    """When Airflow looks for drift of topics and subjects."""
    health: HealthCheck = HealthCheck()
    """When Airflow looks at every deployed job."""
    notifier: Notifier | None = None
    """Who is told by Airflow of drift and of failing jobs, or when they could not be looked for."""
