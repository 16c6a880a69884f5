"""The configuration that a run was triggered with."""

from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException


def refuse_unknown_keys() -> None:
    """Airflow accepts configuration keys that no Param has; nothing may be ignored silently."""
    context: Any = get_current_context()
    # Not the params of the context: Airflow has merged whatever was sent into those.
    known = context["dag"].params
    unknown = sorted(set(context["dag_run"].conf or {}) - set(known))
    if unknown:
        raise AirflowFailException(
            f"unknown keys in the configuration of this run: {', '.join(map(repr, unknown))}; "
            f"known: {', '.join(known) or 'none'}. Nothing was changed."
        )
