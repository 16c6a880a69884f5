"""What operations act through: the environment, its servers, the ledger and the clock."""

import os
import socket
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from headgate.clients.flink import FlinkClient
from headgate.clients.kafka_admin import KafkaAdmin
from headgate.clients.registry import Registry
from headgate.clients.silence import Silence
from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import Rejected
from headgate.ids import FlinkLineName
from headgate.ledger.database import open_database
from headgate.ledger.ledger import Ledger
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import FlinkCluster
from headgate.spec.secrets import resolve


@dataclass(frozen=True)
class Services:
    """Opened when first used, so that a command asks only the servers that it needs."""

    project: Path
    environment: NamedEnvironment
    clock: Clock = field(default=SYSTEM_CLOCK)
    silence: Silence | None = None
    """Within one pass over many jobs: the clusters that did not answer in it."""

    def for_one_pass(self) -> "Services":
        """The same, but a cluster that does not answer once is not asked again.

        For a pass over many jobs, so that one hung JobManager does not hold up all of them.
        """
        services = replace(self, silence=Silence())
        vars(services)["ledger"] = self.ledger  # opened once, also where threads share it
        return services

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger of the environment, migrated to its newest revision."""
        settings = self.environment.settings
        password = resolve(settings.ledger_password) if settings.ledger_password else None
        return Ledger(open_database(settings.ledger, password), self.clock)

    @cached_property
    def registry(self) -> Registry:
        """The schema registry of the environment."""
        return Registry(self.environment.settings.registry)

    @cached_property
    def kafka(self) -> KafkaAdmin:
        """The admin client of the environment's Kafka."""
        return KafkaAdmin(self.environment.settings.kafka)

    def cluster(self, line: FlinkLineName) -> FlinkCluster:
        """Where the cluster of a Flink line is. Raises Rejected if the environment has none."""
        clusters = self.environment.settings.flink
        if line not in clusters:
            raise Rejected(
                f"environment {self.environment.name} has no Flink line {line!r}, "
                f"only {', '.join(sorted(clusters)) or 'none at all'}",
                still_true="Nothing was changed.",
                next_step="add the line to the environment, or correct `flink:` in job.yaml",
            )
        return clusters[line]

    def flink(self, line: FlinkLineName) -> FlinkClient:
        """A client of the cluster that runs a Flink line."""
        return FlinkClient(line, self.cluster(line).rest, self.silence)


def this_process() -> str:
    """Name of the process for the holder of a lease: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"
