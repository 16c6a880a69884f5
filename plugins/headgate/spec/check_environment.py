"""Checks of an environment: addresses are addresses, and no secret stands in the file.

A message never repeats a value, since the value may be the secret.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from headgate.errors import Finding
from headgate.spec.document import Document, Place
from headgate.spec.environment import Environment, RegistryAddress
from headgate.spec.secrets import is_reference

_SECRET_SETTING = re.compile(
    r"password|passphrase|secret|\.key\.pem|sasl\.jaas|access\.key|private\.key|token(?!\.endpoint)"
)
_NOT_SECRET = re.compile(r"\.(url|uri|endpoint\.url|location|file)$")
_NO_SECRET = "a secret must not stand in the file; write env:NAME or conn:ID"  # noqa: S105


def check_environment(
    document: Document, environment: Environment, place: Place
) -> Iterator[Finding]:
    """What is wrong with the environment that stands at `place`."""
    path = ".".join(str(step) for step in place)
    kafka = environment.kafka
    if not kafka.get("bootstrap.servers"):
        message = f"{path}.kafka: 'bootstrap.servers' is missing"
        yield document.finding(message, *place, "kafka")
    for setting, value in kafka.items():
        if _is_secret(setting) and not is_reference(value):
            yield document.finding(
                f"{path}.kafka.{setting}: {_NO_SECRET}", *place, "kafka", setting
            )
    addresses: list[tuple[Place, str]] = [(("registry", "url"), environment.registry.url)]
    addresses += [
        (("flink", line, "rest"), cluster.rest) for line, cluster in environment.flink.items()
    ]
    for inner, address in addresses:
        if not re.match(r"https?://[^/]", address):
            name = ".".join(str(step) for step in inner)
            message = f"{path}.{name}: must be an address that begins with http:// or https://"
            yield document.finding(message, *place, *inner)
    for inner, address in (*addresses, (("ledger",), environment.ledger)):
        if _holds_password(address):
            name = ".".join(str(step) for step in inner)
            yield document.finding(f"{path}.{name}: {_NO_SECRET}", *place, *inner)
    for setting, message in _wrong_access(environment.registry):
        yield document.finding(f"{path}.registry.{setting}: {message}", *place, "registry", setting)
    if "://" not in environment.ledger and not environment.ledger.startswith("sqlite:"):
        message = f"{path}.ledger: must be an address of a database, such as sqlite:///file"
        yield document.finding(message, *place, "ledger")


def _wrong_access(registry: RegistryAddress) -> Iterator[tuple[str, str]]:
    """Settings of the registry that would have no effect, each with the reason."""
    if registry.password and not registry.user:
        yield "password", "has no effect without 'user'"
    if registry.user and not registry.password:
        yield "user", "is of no use without 'password'; write password = \"env:NAME\""
    if registry.key and not registry.certificate:
        yield "key", "has no effect without 'certificate'"
    if registry.url.startswith("http://"):
        for setting in ("ca", "certificate"):
            if getattr(registry, setting):
                yield setting, "has no effect with an url that begins with http://"


def _is_secret(setting: str) -> bool:
    return bool(_SECRET_SETTING.search(setting)) and not _NOT_SECRET.search(setting)


def _holds_password(address: str) -> bool:
    try:
        return bool(urlsplit(address).password)
    except ValueError:
        return "@" in address
