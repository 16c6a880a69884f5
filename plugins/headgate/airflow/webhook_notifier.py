"""A notifier that posts JSON to an address, as chat systems take it from an incoming webhook."""

from datetime import timedelta
from typing import Any

from airflow.sdk import BaseHook, BaseNotifier, Connection
from airflow.sdk.definitions.context import Context
from airflow.sdk.log import mask_secret

from headgate.clients.http import HttpClient
from headgate.errors import Rejected

_TIMEOUT = timedelta(seconds=10)


class WebhookNotifier(BaseNotifier):
    """Posts `text`, `dag`, `run`, `task` and `log_url` of a task instance.

    The Airflow connection has the address: its host (with or without `https://` and a path), its
    port, and as its password the secret end of the address, if there is one.
    """

    def __init__(self, connection: str) -> None:
        """`connection` is the id of an Airflow connection."""
        super().__init__()
        self.connection = connection

    def notify(self, context: Context) -> None:
        """Post. Raises Unavailable, Indeterminate or Rejected if it was not taken."""
        connection = BaseHook.get_connection(self.connection)
        server = f"webhook of connection {self.connection}"
        client = HttpClient(
            address_of(connection),
            server=server,
            timeout=_TIMEOUT,
            next_step=f"look at the Airflow connection {self.connection}",
        )
        answer = client.request("POST", "", json=message_of(context), effect=True)
        if not answer.ok:
            raise Rejected(f"the {server} answered {answer.status}: {answer.text[:200]}")


def address_of(connection: Connection) -> str:
    """The whole address, its secret end included."""
    host = (connection.host or "").rstrip("/")
    if "://" not in host:
        host = f"{connection.schema or 'https'}://{host}"
    scheme, _, rest = host.partition("://")
    server, slash, path = rest.partition("/")
    port = f":{connection.port}" if connection.port else ""
    secret = (connection.password or "").lstrip("/")
    if secret:
        mask_secret(secret)
    return f"{scheme}://{server}{port}{slash}{path}" + (f"/{secret}" if secret else "")


def message_of(context: Context) -> dict[str, Any]:
    """What is told of a task instance."""
    instance = context["ti"]
    happened = context.get("exception") or "failed"
    return {
        "text": f"{instance.dag_id}: {happened}",
        "dag": instance.dag_id,
        "run": instance.run_id,
        "task": instance.task_id,
        "log_url": str(getattr(instance, "log_url", "") or ""),
    }
