"""Tells people of a failed task through the notifier of headgate.toml, if it names one."""

import logging
from pkgutil import resolve_name
from typing import Any

from airflow.sdk import BaseNotifier
from airflow.sdk.definitions.context import Context

from headgate.airflow.surroundings import know_connections, project
from headgate.spec.drift import Notifier
from headgate.spec.load_environment import load_config
from headgate.spec.secrets import resolve_settings

log = logging.getLogger(__name__)


def notify_of_failure(context: Context) -> None:
    """For `on_failure_callback`. Never raises: the failure itself is what matters.

    The notifier is built here and not when the DAG file is parsed, so that neither its module
    nor its secrets are touched before there is something to tell.
    """
    try:
        notifier = load_config(project()).notifier
        if notifier is not None:
            built(notifier)(context)
            log.info("%s was told of the failure.", notifier.class_)
    except Exception:
        log.exception("The notifier of headgate.toml could not be told of this failure")


def built(notifier: Notifier) -> BaseNotifier:
    """The notifier that a section of headgate.toml describes.

    Raises ImportError or AttributeError for an unknown class, TypeError for one that is no
    notifier or does not take the arguments, NeedsOperator for a secret that cannot be had.
    """
    know_connections()
    kind: Any = resolve_name(notifier.class_)
    if not (isinstance(kind, type) and issubclass(kind, BaseNotifier)):
        raise TypeError(f"{notifier.class_} is not a class with the base airflow.sdk.BaseNotifier")
    texts = {name: value for name, value in notifier.arguments.items() if isinstance(value, str)}
    arguments: dict[str, Any] = {**notifier.arguments, **resolve_settings(texts)}
    return kind(**arguments)
