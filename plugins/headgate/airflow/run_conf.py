"""The configuration that a run was triggered with."""

from typing import Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException


def refuse_unknown_keys() -> None:
    """Airflow accepts configuration keys that no Param has; nothing may be ignored silently."""
    context: Any = get_current_context()
    unknown = sorted(set(context["dag_run"].conf or {}) - set(context["params"]))
    if unknown:
        raise AirflowFailException(
            f"unknown keys in the configuration of this run: {', '.join(map(repr, unknown))}; "
            f"known: {', '.join(context['params']) or 'none'}. Nothing was changed."
        )
