"""The servers of a test's own stack: killed by their own process id, awaited until they serve."""

from collections.abc import Callable

import requests
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from headgate.operations.engine.engine import Event
from headgate.spec.declared import NamedEnvironment

from harness.faults.boundaries import Boundary
from harness.own_stack import PATIENCE, OwnStack
from harness.waiting import until

SECONDS = 3


class Servers:
    """The broker, the registry, the JobManager and the TaskManager."""

    def __init__(self, stack: OwnStack) -> None:
        self._stack = stack
        cluster = f"flink-{stack.line}"
        self._services = {
            "broker": "kafka",
            "registry": "registry",
            "JobManager": f"{cluster}-jobmanager",
            "TaskManager": f"{cluster}-taskmanager",
        }

    @property
    def environment(self) -> NamedEnvironment:
        """Where they are."""
        return self._stack.environment

    def kill(self, server: str) -> None:
        """SIGKILL; the supervisor starts it again."""
        self._stack.kill(self._services[server])

    def killed_at(self, server: str, moment: Boundary) -> "Strike":
        """A listener that kills the server the first time that an operation comes to a moment."""
        return Strike(lambda: self.kill(server), moment)

    def await_all(self) -> None:
        """Until all of them serve again."""
        until(self._serve, seconds=PATIENCE, what="all servers serve again", every=0.5)
        self._stack.await_ready()

    def _serve(self) -> bool:
        settings = self._stack.environment.settings
        try:
            AdminClient({**settings.kafka, "log_level": 0}).list_topics(timeout=SECONDS)
            requests.get(f"{settings.registry.url}/subjects", timeout=SECONDS).raise_for_status()
        except (KafkaException, requests.RequestException):
            return False
        return True


class Strike:
    """Does something the first time that an operation comes to a moment."""

    def __init__(self, strike: Callable[[], None], moment: Boundary) -> None:
        self._strike = strike
        self._moment = moment
        self.has_struck = False

    def __call__(self, event: Event) -> None:
        """Listen to an operation."""
        if (event.step, event.phase) == self._moment and not self.has_struck:
            self.has_struck = True
            self._strike()


def strike(what: Callable[[], object], step: str, phase: str) -> Strike:
    """A listener that does this the first time that an operation comes to that moment."""
    return Strike(lambda: (what(), None)[1], (step, phase))
