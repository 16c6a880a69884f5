"""From an Airflow process to headgate's environment, and from its errors to Airflow's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from headgate.errors import HeadgateError, Indeterminate, Unavailable
from headgate.operations.services import Services
from headgate.spec.load_environment import load_environment
from headgate.spec.project import find_project
from headgate.spec.secrets import register_resolver


def project() -> Path:
    """The project that this Airflow serves: HEADGATE_PROJECT, else the folder above `dags/`."""
    return find_project(Path(__file__).parent)


def services() -> Services:
    """Servers and ledger of the environment that HEADGATE_ENV names, or of the default."""
    know_connections()
    return Services(project(), load_environment(project(), os.environ.get("HEADGATE_ENV")))


def know_connections() -> None:
    """Let `conn:ID` stand for the password of an Airflow connection."""
    register_resolver("conn", _password_of_connection)


@contextmanager
def errors_for_airflow() -> Iterator[None]:
    """Let Airflow retry only what a retry can mend.

    Unavailable and Indeterminate are retried: the next try looks before it acts. Everything else
    fails at once, with what stays true and the next command in the message.
    """
    try:
        yield
    except (Unavailable, Indeterminate) as error:
        raise AirflowException(str(error)) from error
    except HeadgateError as error:
        raise AirflowFailException(str(error)) from error


def _password_of_connection(connection_id: str) -> str:
    return BaseHook.get_connection(connection_id).password or ""
