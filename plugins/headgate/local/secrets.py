"""Passwords and keys of a stack, generated once and readable by their owner alone."""

import base64
import json
import secrets
from collections.abc import Mapping

from headgate.local.files import write_whole
from headgate.local.layout import Layout

Secrets = Mapping[str, str]


def keep_secrets(layout: Layout) -> Secrets:
    """The secrets of a stack, made at its first start."""
    kept: dict[str, str] = {}
    if layout.secrets_file.exists():
        kept = json.loads(layout.secrets_file.read_text(encoding="utf-8"))
    complete = {name: kept.get(name) or make() for name, make in _MAKERS.items()}
    if complete != kept:
        write_whole(layout.secrets_file, json.dumps(complete, indent=2) + "\n", secret=True)
    return complete


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _kafka_uuid() -> str:
    """A UUID as Kafka writes it: 22 characters of base64url.

    Never with a leading hyphen, which a command line would take for an option.
    """
    while (uuid := secrets.token_urlsafe(16)).startswith("-"):
        pass
    return uuid


_MAKERS = {
    "supervisor_password": lambda: secrets.token_urlsafe(24),
    "airflow_admin_password": lambda: secrets.token_urlsafe(12),
    "airflow_jwt_secret": lambda: secrets.token_urlsafe(64),
    "airflow_secret_key": lambda: secrets.token_urlsafe(32),
    "airflow_fernet_key": _fernet_key,
    "kafka_cluster_id": _kafka_uuid,
}
