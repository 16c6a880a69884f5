"""What the answers of a schema registry mean, whichever vendor gave them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from headgate.clients.http import Response
from headgate.clients.observed import RegisteredSchema, SchemaReference

SUBJECT_NOT_FOUND = 40401
VERSION_NOT_FOUND = 40402
NO_LEVEL = 40408
_JAVA_EXCEPTION = "RuleViolationException: "


def registered(found: Mapping[str, Any]) -> RegisteredSchema:
    """One version, its references not yet resolved."""
    return RegisteredSchema(
        subject=found["subject"],
        id=found["id"],
        version=found["version"],
        text=found["schema"],
        kind=found.get("schemaType") or "AVRO",
        references=references_of(found),
    )


def references_of(found: Mapping[str, Any]) -> tuple[SchemaReference, ...]:
    """The references of a version or of a schema; Confluent leaves the key out, or writes null."""
    return tuple(
        SchemaReference(one["name"], one["subject"], int(one["version"]))
        for one in found.get("references") or ()
    )


def is_absent(answer: Response) -> bool:
    """Whether the registry says that it does not have what was asked for.

    Another 404 comes from something that is no registry.
    """
    absent = (SUBJECT_NOT_FOUND, VERSION_NOT_FOUND, NO_LEVEL)
    return answer.status == HTTPStatus.NOT_FOUND and error_code(answer) in absent


def is_route_missing(answer: Response) -> bool:
    """Whether the registry does not know the route at all: an error without a code of its own."""
    missing = (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED)
    return answer.status in missing and error_code(answer) in (None, *missing)


def error_code(answer: Response) -> int | None:
    """The registry's own code of an error; None where there is none."""
    if answer.ok:
        return None
    try:
        return int(answer.json()["error_code"])
    except (ValueError, KeyError, TypeError):
        return None


def message_of(answer: Response) -> str:
    """The registry's own words, without the Java class that Apicurio puts before them."""
    try:
        text = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        text = f"HTTP {answer.status}"
    return text.partition(_JAVA_EXCEPTION)[2] or text
