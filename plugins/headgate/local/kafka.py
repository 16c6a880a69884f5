"""The Kafka broker: one process that is broker and controller (KRaft)."""

import logging
import shlex
from datetime import timedelta

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from headgate.local.files import write_whole
from headgate.local.java import java
from headgate.local.layout import Layout
from headgate.local.ports import HOST, Ports
from headgate.local.secrets import Secrets
from headgate.local.service import Service
from headgate.local.templates import render

NAME = "kafka"
_PROBE_SECONDS = 3
_SILENT = logging.getLogger(f"{__name__}.probe")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


def bootstrap_servers(ports: Ports) -> str:
    """The address that clients are given."""
    return f"{HOST}:{ports['kafka.client']}"


def kafka_service(layout: Layout, ports: Ports, secrets: Secrets) -> Service:
    """Write the broker's files; return how it is run."""
    folder = layout.service(NAME)
    properties = folder / "server.properties"
    log4j2 = folder / "log4j2.properties"
    start = folder / "start.sh"
    write_whole(
        properties,
        render(
            "kafka.properties.j2",
            host=HOST,
            client_port=ports["kafka.client"],
            controller_port=ports["kafka.controller"],
            data=folder / "data",
        ),
    )
    write_whole(log4j2, render("kafka-log4j2.properties.j2"))
    write_whole(
        start,
        render(
            "kafka.sh.j2",
            java=shlex.quote(str(java())),
            classpath=shlex.quote(f"{layout.installed.jars('kafka')}/*"),
            data=shlex.quote(str(folder / "data")),
            properties=shlex.quote(str(properties)),
            logging=shlex.quote(str(log4j2)),
            temporary=shlex.quote(str(layout.temporary)),
            cluster_id=secrets["kafka_cluster_id"],
        ),
        executable=True,
    )
    address = bootstrap_servers(ports)
    return Service(
        name=NAME,
        component=NAME,
        command=[str(start)],
        environment={},
        probe=lambda: answers_describe_cluster(address),
        stop_within=timedelta(seconds=30),
        address=address,
    )


def answers_describe_cluster(address: str) -> str | None:
    """Whether the broker is registered with its controller. An open port comes earlier."""
    # Nobody wants librdkafka's own complaints about a broker that is still starting.
    client = AdminClient({"bootstrap.servers": address, "log_level": 0}, logger=_SILENT)
    try:
        cluster = client.describe_cluster(request_timeout=_PROBE_SECONDS).result()
    except KafkaException:
        return "broker does not answer yet"
    return None if cluster.nodes else "no broker is registered yet"
