"""What a stack offers: to headgate `environment.toml`, to people `access.toml`."""

import json
from collections.abc import Mapping

from headgate.ids import EnvironmentName
from headgate.local.airflow import ADMIN, airflow_url
from headgate.local.files import write_whole
from headgate.local.flink import rest_url
from headgate.local.kafka import bootstrap_servers
from headgate.local.layout import FLINK_LINES, Layout
from headgate.local.ports import Ports
from headgate.local.registry import registry_url
from headgate.local.secrets import Secrets
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import Environment, FlinkCluster, RegistryAddress

ENVIRONMENT_NAME = EnvironmentName("local")
"""The name under which a stack is used; ids that servers see are derived from it, and stacks do
not share servers."""


def offered_environment(layout: Layout, ports: Ports) -> NamedEnvironment:
    """The environment that the stack provides once it runs."""
    return NamedEnvironment(
        name=ENVIRONMENT_NAME,
        stack=layout.stack,
        settings=Environment(
            kafka={"bootstrap.servers": bootstrap_servers(ports)},
            registry=RegistryAddress(url=registry_url(ports)),
            flink={
                line: FlinkCluster(
                    rest=rest_url(ports, line),
                    python=layout.installed.flink_python(line),
                    connectors=layout.installed.jars(f"flink-{line}"),
                    gate=layout.installed.gate(line),
                )
                for line in FLINK_LINES
            },
            state=str(layout.flink_state),
            artefacts=layout.artefacts,
            ledger=f"sqlite:///{layout.ledger}",
        ),
    )


def write_offer(
    layout: Layout, environment: NamedEnvironment, ports: Ports, secrets: Secrets
) -> None:
    """Write both files."""
    layout.artefacts.mkdir(parents=True, exist_ok=True)
    settings = environment.settings.model_dump(mode="json", exclude_none=True)
    write_whole(layout.environment_file, toml_text(settings))
    access = {
        "airflow": {
            "address": airflow_url(ports),
            "user": ADMIN,
            "password": secrets["airflow_admin_password"],
        },
        "flink": {line: rest_url(ports, line) for line in FLINK_LINES},
        "registry": {"address": registry_url(ports)},
        "kafka": {"address": bootstrap_servers(ports)},
    }
    write_whole(layout.access_file, toml_text(access), secret=True)


def withdraw_offer(layout: Layout) -> None:
    """Remove both files: nothing is offered any more."""
    layout.environment_file.unlink(missing_ok=True)
    layout.access_file.unlink(missing_ok=True)


def toml_text(values: Mapping[str, object], path: tuple[str, ...] = ()) -> str:
    """Tables of strings as TOML. JSON's strings are basic strings of TOML too."""
    tables = {key: value for key, value in values.items() if isinstance(value, Mapping)}
    lines = [
        f"{json.dumps(key)} = {json.dumps(value)}\n"
        for key, value in values.items()
        if key not in tables
    ]
    if path and (lines or not tables):
        lines.insert(0, f"\n[{'.'.join(json.dumps(part) for part in path)}]\n")
    return "".join(lines) + "".join(toml_text(table, (*path, key)) for key, table in tables.items())
