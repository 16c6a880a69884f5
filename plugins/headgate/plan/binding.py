"""The binding: everything that a driver inside Flink needs to run one job, as one JSON.

The same job folder runs live, as a rehearsal or as a replay; only its binding differs.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headgate.ids import Digest, JobName, Role, TopicName, digest_of, sql_identifier
from headgate.plan.configuration import submission_configuration, table_configuration
from headgate.plan.connections import sink_options, source_options
from headgate.plan.sql_text import normalised
from headgate.plan.tables import Table, Watermark
from headgate.spec.columns import columns_of
from headgate.spec.declared import DeclaredJob, DeclaredTopic, NamedEnvironment

PLAN_FILE = "plan.json"
MODULE_FILE = "job.py"
GATE_FILE = "handover-gate.jar"


@dataclass(frozen=True)
class Gate:
    """The hand-over gate before each sink whose results have an event-time bound."""

    jar: Path
    """Where the jar is taken from; the job runs with a copy beside its binding."""
    bounds: Mapping[str, str]
    """Sink table → the column that job.yaml names as the bound of its results."""


@dataclass(frozen=True)
class Binding:
    """One job bound to its topics and options. Relative paths start at the binding's folder."""

    job: JobName
    role: Role
    kind: Literal["sql", "python"]
    tables: tuple[Table, ...]
    sql: str | None
    plan: str | None
    """File of the compiled plan that is executed; None for a Python job."""
    module: str | None
    """File of the Python job; None for a SQL job."""
    configuration: Mapping[str, str]
    """Options of the table environment (`table.*`, `pipeline.name`), set by the driver."""
    submission: Mapping[str, str]
    """All other Flink options: `flinkConfiguration` of `POST /jars/:jarid/run`."""
    report: str | None = None
    """Where a driver that fails writes why; None: beside the binding's folder, under its name
    followed by `.report.json`."""
    gate: Gate | None = None
    """None: the environment has no gate for this Flink line, and the job is not handed over."""
    side: str | None = None
    """Tells a job that began beside another run of itself apart from that: its transactions and
    the uids of its sinks (see `beside`)."""

    def to_json(self) -> str:
        """The text that the runtime reads; equal bindings give equal texts."""
        content = {
            "job": self.job,
            "role": self.role,
            "kind": self.kind,
            "tables": [
                {
                    "name": table.name,
                    "ddl": table.ddl(),
                    "columns": [column.name for column in table.columns],
                }
                for table in self.tables
            ],
            "sql": self.sql,
            "plan": self.plan,
            "module": self.module,
            "configuration": dict(self.configuration),
            "submission": dict(self.submission),
            "report": self.report,
            "gate": self.gate and {"jar": GATE_FILE, "bounds": dict(self.gate.bounds)},
            "side": self.side,
        }
        return json.dumps(content, indent=2, sort_keys=True) + "\n"


def live_binding(
    job: DeclaredJob,
    topics: Mapping[TopicName, DeclaredTopic],
    environment: NamedEnvironment,
    registered: Mapping[TopicName, str],
    *,
    registered_keys: Mapping[TopicName, str] | None = None,
) -> Binding:
    """Bind a job to its live topics.

    `registered` has the value schema of each topic of the job, as text, as the registry holds it;
    `registered_keys` the key schema of each sink that has a `key.avsc`. Raises `KeyError` for a
    topic that is not declared or not registered, `SpecError` for a key that cannot be written,
    `Rejected` for a secured server.
    """
    role: Role = "live"
    keys = registered_keys or {}
    sources = tuple(
        Table(
            sql_identifier(name),
            columns_of(topics[TopicName(name)]),
            Watermark(source.event_time, source.watermark_delay),
            source_options(
                topics[TopicName(name)],
                source,
                registered[TopicName(name)],
                environment=environment,
                job=job.name,
                role=role,
            ),
        )
        for name, source in job.spec.sources.items()
    )
    sinks = tuple(
        Table(
            sql_identifier(name),
            columns_of(topics[TopicName(name)]),
            None,
            sink_options(
                topics[TopicName(name)],
                registered[TopicName(name)],
                keys.get(TopicName(name)),
                environment=environment,
                job=job.name,
                spec=job.spec,
                role=role,
            ),
        )
        for name in job.spec.sinks
    )
    is_sql = job.kind == "sql"
    return Binding(
        job=job.name,
        role=role,
        kind=job.kind,
        tables=sources + sinks,
        sql=job.code if is_sql else None,
        plan=PLAN_FILE if is_sql else None,
        module=None if is_sql else MODULE_FILE,
        configuration=table_configuration(job),
        submission=submission_configuration(job),
        gate=_gate(job, environment),
    )


def _gate(job: DeclaredJob, environment: NamedEnvironment) -> Gate | None:
    cluster = environment.settings.flink.get(job.spec.flink)
    if cluster is None or cluster.gate is None:
        return None
    bounds = {sql_identifier(name): column for name, column in job.spec.handover.bound.items()}
    return Gate(cluster.gate, bounds)


def plan_digest(binding: Binding) -> Digest:
    """Digest of exactly what a compiled plan is made from.

    That is the SQL without comments and superfluous space, each table's name, columns, watermark
    and idleness, the `table.*` options, and whether there is a gate before the sinks; not
    addresses, offsets, prefixes or parallelism.
    """
    options = (
        f"{key}={value}"
        for key, value in sorted(binding.configuration.items())
        if key.startswith("table.")
    )
    return digest_of(
        "plan",
        normalised(binding.sql or ""),
        *sorted(table.shape() for table in binding.tables),
        *options,
        *_of_gate(binding.gate),
    )


def _of_gate(gate: Gate | None) -> Sequence[str]:
    if gate is None:
        return ()
    return ("gate", *(f"{sink}={column}" for sink, column in sorted(gate.bounds.items())))
