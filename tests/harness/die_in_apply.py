"""Apply a project's contracts in this process and end it by SIGKILL after the nth effect.

    python -m harness.die_in_apply FOLDER N

FOLDER holds `schemas/` and the environment's settings as `environment.json`. Each effect, a
writing call to the registry or to the brokers, adds one character to its file `effects`; N = 0
lets the process live. An effect counts when its answer is there.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Any

from confluent_kafka.admin import AdminClient
from headgate.clients.http import HttpClient
from headgate.ids import EnvironmentName
from headgate.operations.contracts.plan_and_apply import apply_contracts, plan_contracts
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import Environment

_CHANGES = ("create_topics", "create_partitions", "incremental_alter_configs", "delete_topics")


class Effects:
    """Counts, and ends the process at the right one."""

    def __init__(self, file: Path, last: int) -> None:
        self._file, self._last = file, last
        self._count = 0
        self._lock = Lock()

    def made(self) -> None:
        with self._lock, self._file.open("a") as file:
            self._count += 1
            file.write("x")
            file.flush()
            if self._count == self._last:
                os.kill(os.getpid(), signal.SIGKILL)

    def after_http(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, effect: bool, **options: Any) -> Any:
            answer = call(*arguments, effect=effect, **options)
            if effect:
                self.made()
            return answer

        return counted

    def after_admin(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, validate_only: bool = False, **options: Any) -> Any:
            answers = call(*arguments, validate_only=validate_only, **options)
            if not validate_only:
                for answer in answers.values():
                    answer.exception(timeout=30)
                self.made()
            return answers

        return counted


def main(folder: Path, last: int) -> None:
    effects = Effects(folder / "effects", last)
    HttpClient.request = effects.after_http(HttpClient.request)  # type: ignore[method-assign]
    for name in _CHANGES:
        setattr(AdminClient, name, effects.after_admin(getattr(AdminClient, name)))
    settings = Environment.model_validate_json((folder / "environment.json").read_text())
    services = Services(folder, NamedEnvironment(EnvironmentName("killed"), settings, None))
    planned = plan_contracts(services)
    result = apply_contracts(services, planned, approved_by="a test", surface="a test")
    sys.exit(0 if result.is_complete else 1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
