"""The sections of headgate.toml about drift: when it is looked for, and who is told."""

import re
from typing import Annotated

from pydantic import Field, field_validator

from headgate.spec.strict import Strict

MANUAL = "manual"
HOURLY = "@hourly"
SCHEDULE_PATTERN = rf"^({MANUAL}|@(hourly|daily|weekly|monthly|yearly)|\S+( \S+){{4}})$"
_REFERENCE = re.compile(r"(env|conn):")
_SECRET_ARGUMENT = re.compile(r"password|secret|token|webhook_url|api_key")


class Drift(Strict):
    """The scheduled look for what is no longer as declared."""

    schedule: Annotated[str, Field(pattern=SCHEDULE_PATTERN)] = HOURLY
    """A cron expression of five fields in UTC, `@hourly`, `@daily`, ..., or `manual` for none."""


class Notifier(Strict):
    """An Airflow notifier: a class whose base is `airflow.sdk.BaseNotifier`."""

    class_: Annotated[
        str, Field(alias="class", pattern=r"^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)+$")
    ]
    """Full name of the class, module first."""
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)
    """Its keyword arguments; `env:NAME` and `conn:ID` stand for secrets."""

    @field_validator("arguments")
    @classmethod
    def _no_secret(
        cls, arguments: dict[str, str | int | float | bool]
    ) -> dict[str, str | int | float | bool]:
        for name, value in arguments.items():
            if _SECRET_ARGUMENT.search(name) and not _REFERENCE.match(str(value)):
                # The value is not repeated: it may be the secret.
                raise ValueError(
                    f"{name}: a secret must not stand in the file; write env:NAME or conn:ID"
                )
        return arguments
