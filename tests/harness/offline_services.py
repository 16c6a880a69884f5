"""Services of an environment without servers: a ledger and folders alone."""

from pathlib import Path
from typing import Any

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.ids import EnvironmentName
from headgate.operations.services import Services
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import Environment


def offline_services(folder: Path, *, clock: Clock = SYSTEM_CLOCK, **settings: Any) -> Services:
    """Everything is below `folder`; `settings` of the environment take the place of these."""
    whole = Environment.model_validate(
        {
            "kafka": {},
            "registry": {"url": "http://127.0.0.1:1"},
            "flink": {},
            "state": str(folder),
            "artefacts": str(folder),
            "ledger": f"sqlite:///{folder}/ledger.sqlite",
            **settings,
        }
    )
    return Services(folder, NamedEnvironment(EnvironmentName("test"), whole, None), clock)
