"""What every task of headgate's DAGs starts from."""

from datetime import timedelta
from typing import Any

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "headgate",
    # A further try attaches to what the one before has begun, so it is always safe.
    "retries": 3,
    "retry_delay": timedelta(seconds=10),
}
"""For `default_args` of a DAG: mapped tasks take their retries from nowhere else."""
