"""The schema registry, by the Confluent API as Confluent, Apicurio and Karapace answer it."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from headgate.clients.http import HttpClient, Response, host_of, segment
from headgate.clients.observed import CompatibilityAnswer, RegisteredSchema, SchemaReference
from headgate.errors import HeadgateError, Indeterminate, Rejected, Unavailable
from headgate.spec.environment import RegistryAddress
from headgate.spec.secrets import resolve

__all__ = ["CompatibilityAnswer", "RegisteredSchema", "Registry", "SchemaReference"]

_SUBJECT_NOT_FOUND = 40401
_NO_LEVEL = 40408
_JAVA_EXCEPTION = "RuleViolationException: "


class Registry:
    """One schema registry.

    Raises Unavailable, Indeterminate (a write whose answer is lost) or Rejected with the
    registry's own message. Not for use by several threads at once.
    """

    def __init__(self, address: RegistryAddress, timeout: timedelta = timedelta(seconds=5)) -> None:
        """Resolves the password; connects with the first call."""
        password = resolve(address.password) if address.password else ""
        self._user = address.user
        self._http = HttpClient(
            address.url,
            server=f"schema registry at {host_of(address.url)}",
            timeout=timeout,
            auth=(address.user, password) if address.user else None,
        )

    def subjects(self) -> tuple[str, ...]:
        """Names of all subjects. Apicurio cuts the list at 1,000 unless told otherwise."""
        return tuple(sorted(self._read("/subjects")))

    def versions(self, subject: str) -> tuple[int, ...]:
        """Numbers of the versions of a subject, ascending; none for an unknown subject."""
        numbers = self._read(f"/subjects/{segment(subject)}/versions", absent=[])
        return tuple(sorted(numbers))

    def latest(self, subject: str) -> RegisteredSchema | None:
        """The newest version, None for an unknown subject."""
        found = self._read(f"/subjects/{segment(subject)}/versions/latest", absent=None)
        return _registered(found) if found else None

    def version(self, subject: str, number: int) -> RegisteredSchema:
        """One version. Rejected where it does not exist."""
        return _registered(self._read(f"/subjects/{segment(subject)}/versions/{number}"))

    def by_id(self, schema_id: int) -> str:
        """Text of the schema with this id. Rejected where there is none."""
        return str(self._read(f"/schemas/ids/{schema_id}")["schema"])

    def register(self, subject: str, text: str, references: Sequence[SchemaReference] = ()) -> int:
        """Register a schema and return its id.

        The same schema again returns the old id; so does one that is registered as an *older*
        version, so the caller must look whether it is the latest now.
        """
        answer = self._http.request(
            "POST",
            f"/subjects/{segment(subject)}/versions",
            json=_body(text, references),
            effect=True,
        )
        return int(self._checked(answer, f"subject {subject}", effect=True)["id"])

    def level(self, subject: str | None) -> str | None:
        """The compatibility level of a subject, or the global one for None.

        None for a subject without a level of its own, except on Apicurio: it answers NONE for a
        subject that exists, whatever the global level is (3.3.3, measured).
        """
        path = "/config" if subject is None else f"/config/{segment(subject)}"
        found = self._read(path, absent=None)
        return str(found["compatibilityLevel"]) if found else None

    def set_level(self, subject: str | None, level: str) -> None:
        """Set the level of a subject, which need not exist yet, or the global one for None."""
        path = "/config" if subject is None else f"/config/{segment(subject)}"
        answer = self._http.request("PUT", path, json={"compatibility": level}, effect=True)
        self._checked(answer, f"compatibility level of {subject or 'all subjects'}", effect=True)

    def compatible(self, subject: str, text: str) -> CompatibilityAnswer:
        """The registry's verdict on a schema against all versions, under its level there.

        `/versions/latest` is not that: Confluent and Apicurio compare with one version only.
        Karapace has no route for all versions, but compares with all of them by `/versions/N`.
        """
        path = f"/compatibility/subjects/{segment(subject)}/versions"
        answer = self._ask(path, text)
        if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            if _error_code(answer) == _SUBJECT_NOT_FOUND:
                return CompatibilityAnswer(is_compatible=True)
            answer = self._ask(f"{path}/latest", text)
            if _error_code(answer) == _SUBJECT_NOT_FOUND:
                return CompatibilityAnswer(is_compatible=True)
        verdict = self._checked(answer, f"subject {subject}", effect=False)
        messages = verdict.get("messages") or verdict.get("incompatibilities") or ()
        return CompatibilityAnswer(bool(verdict["is_compatible"]), tuple(map(str, messages)))

    def close(self) -> None:
        """Give up the connections."""
        self._http.close()

    def _ask(self, path: str, text: str) -> Response:
        return self._http.request(
            "POST", path, json=_body(text, ()), params={"verbose": "true"}, effect=False
        )

    def _read(self, path: str, **otherwise: Any) -> Any:  # noqa: ANN401 - JSON of many shapes
        """GET; `absent` is what a thing that does not exist is read as, else it is Rejected."""
        answer = self._http.request("GET", path, effect=False)
        is_known = _error_code(answer) in (_SUBJECT_NOT_FOUND, _NO_LEVEL)
        if answer.status == HTTPStatus.NOT_FOUND and "absent" in otherwise and is_known:
            return otherwise["absent"]
        return self._checked(answer, f"GET {path}", effect=False)

    def _checked(self, answer: Response, about: str, *, effect: bool) -> Any:  # noqa: ANN401
        if answer.ok:
            try:
                return answer.json()
            except ValueError as error:
                raise Rejected(
                    f"{self._http.server} answers, but not as a schema registry ({about})",
                    next_step="check the url of the registry in headgate.toml; "
                    "Apicurio's ends with /apis/ccompat/v7",
                ) from error
        raise self._refusal(answer, about, effect=effect)

    def _refusal(self, answer: Response, about: str, *, effect: bool) -> HeadgateError:
        what = f"{self._http.server} refused {about}: {_message(answer)}"
        if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            who = f"user {self._user}" if self._user else "no user is given"
            return Rejected(
                f"{self._http.server} denies access to {about} ({who}, {answer.status})",
                still_true="Nothing was changed by this call.",
                next_step="check user, password and rights of the registry in headgate.toml",
            )
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR and effect:
            return Indeterminate(what, still_true="The call may have taken effect all the same.")
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unavailable(what, still_true="Nothing was changed by this call.")
        return Rejected(what, still_true="Nothing was changed by this call.")


def _body(text: str, references: Sequence[SchemaReference]) -> dict[str, Any]:
    body: dict[str, Any] = {"schema": text}
    if references:
        body["references"] = [vars(reference) for reference in references]
    return body


def _registered(found: dict[str, Any]) -> RegisteredSchema:
    return RegisteredSchema(
        subject=found["subject"],
        id=found["id"],
        version=found["version"],
        text=found["schema"],
        kind=found.get("schemaType") or "AVRO",
    )


def _error_code(answer: Response) -> int | None:
    if answer.ok:
        return None
    try:
        return int(answer.json()["error_code"])
    except (ValueError, KeyError, TypeError):
        return None


def _message(answer: Response) -> str:
    try:
        text = str(answer.json()["message"])
    except (ValueError, KeyError, TypeError):
        text = f"HTTP {answer.status}"
    return text.partition(_JAVA_EXCEPTION)[2] or text
