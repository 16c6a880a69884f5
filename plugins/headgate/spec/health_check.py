"""The section of headgate.toml about the health check of all jobs."""

from typing import Annotated

from pydantic import Field

from headgate.spec.drift import SCHEDULE_PATTERN
from headgate.spec.strict import Strict

EVERY_FEW_MINUTES = "*/5 * * * *"


class HealthCheck(Strict):
    """The scheduled look at every deployed job."""

    schedule: Annotated[str, Field(pattern=SCHEDULE_PATTERN)] = EVERY_FEW_MINUTES
    """A cron expression of five fields in UTC, `@hourly`, `@daily`, ..., or `manual` for none."""
