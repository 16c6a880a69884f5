"""Turn references to secrets into secrets, at the moment a client is opened and not before."""

import os
import re
from collections.abc import Callable, Mapping

from headgate.errors import NeedsOperator
from headgate.spec.environment import SECRET_REFERENCE_PATTERN

Resolver = Callable[[str], str]
"""Takes what stands behind the colon; raises a `HeadgateError` if there is no such secret."""

_REFERENCE = re.compile(SECRET_REFERENCE_PATTERN.removesuffix("$"))


def _from_environment(variable: str) -> str:
    value = os.environ.get(variable)
    if value is None:
        raise NeedsOperator(
            f"the environment variable {variable}, which headgate.toml refers to, is not set",
            still_true="Nothing was started.",
            next_step=f"export {variable}=...",
        )
    return value


_resolvers: dict[str, Resolver] = {"env": _from_environment}


def register_resolver(scheme: str, resolver: Resolver) -> None:
    """Make `scheme:...` known; inside Airflow this is `conn`, from its connections."""
    _resolvers[scheme] = resolver


def is_reference(text: str) -> bool:
    """Whether the text is `env:NAME` or `conn:ID`."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(reference: str) -> str:
    """The secret behind a reference. Raises `NeedsOperator` if it cannot be had here."""
    if not is_reference(reference):
        # The text may be the secret itself, so it is not repeated.
        raise NeedsOperator(
            "a secret in headgate.toml is not written as a reference",
            still_true="Nothing was started.",
            next_step="write env:NAME or conn:ID in its place",
        )
    scheme, _, rest = reference.partition(":")
    resolver = _resolvers.get(scheme)
    if resolver is None:
        raise NeedsOperator(
            f"{reference} can be read inside Airflow only",
            still_true="Nothing was started.",
            next_step="run this as a DAG, or use an environment whose secrets are env:NAME",
        )
    return resolver(rest)


def resolve_settings(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings with every value that is a reference replaced by its secret."""
    return {
        key: resolve(value) if is_reference(value) else value for key, value in settings.items()
    }
