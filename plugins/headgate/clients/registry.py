"""The schema registry, by the Confluent API as Confluent, Apicurio and Karapace answer it.

Where they differ, the source of what is relied on is named beside it: Confluent Schema Registry
(its `CompatibilityResource`, `ConfigResource` and `KafkaSchemaRegistry`), Karapace (its
`api/controller.py`), and Apicurio Registry 3.3.3 (measured).
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from headgate.clients.http import HttpClient, Response, host_of, segment
from headgate.clients.observed import CompatibilityAnswer, RegisteredSchema, SchemaReference
from headgate.clients.registry_answers import (
    SUBJECT_NOT_FOUND,
    VERSION_NOT_FOUND,
    error_code,
    is_absent,
    is_route_missing,
    message_of,
    references_of,
    registered,
)
from headgate.clients.tls import TlsFiles
from headgate.errors import HeadgateError, Indeterminate, Rejected, Unavailable
from headgate.spec.avro_inlining import definitions_in_text, inlined_text
from headgate.spec.environment import RegistryAddress
from headgate.spec.secrets import resolve

__all__ = ["CompatibilityAnswer", "RegisteredSchema", "Registry", "SchemaReference"]

_PATIENCE = timedelta(seconds=15)
"""The first write after its start can take a registry several seconds on a machine that is busy."""


class Registry:
    """One schema registry.

    Raises Unavailable, Indeterminate (a write whose answer is lost) or Rejected with the
    registry's own message. Not for use by several threads at once.
    """

    def __init__(self, address: RegistryAddress, timeout: timedelta = _PATIENCE) -> None:
        """Resolves the password; connects with the first call."""
        password = resolve(address.password) if address.password else ""
        self._address = address
        self._timeout = timeout
        self._user = address.user
        self._known: dict[tuple[str, int], RegisteredSchema] = {}
        self._http = HttpClient(
            address.url,
            server=f"schema registry at {host_of(address.url)}",
            timeout=timeout,
            auth=(address.user, password) if address.user else None,
            tls=TlsFiles(address.ca, address.certificate, address.key),
        )

    def twin(self) -> "Registry":
        """A client of the same registry for another thread; what either has read, both know."""
        twin = Registry(self._address, self._timeout)
        twin._known = self._known
        return twin

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
        return self._with_types(registered(found)) if found else None

    def version(self, subject: str, number: int) -> RegisteredSchema:
        """One version. Rejected where it does not exist."""
        found = self._read(f"/subjects/{segment(subject)}/versions/{number}")
        return self._with_types(registered(found))

    def by_id(self, schema_id: int) -> str:
        """Whole text of the schema with this id. Rejected where there is none."""
        found = self._read(f"/schemas/ids/{schema_id}")
        return self._whole(str(found["schema"]), references_of(found))

    def register(
        self,
        subject: str,
        text: str,
        references: Sequence[SchemaReference] = (),
        *,
        kind: str = "AVRO",
    ) -> int:
        """Register a schema and return its id.

        The same schema again returns the old id; so does one that is registered as an *older*
        version, so the caller must look whether it is the latest now.
        """
        answer = self._http.request(
            "POST",
            f"/subjects/{segment(subject)}/versions",
            json=_body(text, references, kind),
            effect=True,
        )
        return int(self._checked(answer, f"subject {subject}", effect=True)["id"])

    def level(self, subject: str | None) -> str | None:
        """The compatibility level of a subject, or the global one for None.

        None for a subject without a level of its own: Confluent and Karapace answer 40408 for it,
        Karapace 40401 for one that it does not know. Apicurio answers NONE for a subject that
        exists, whatever the global level is.
        """
        path = "/config" if subject is None else f"/config/{segment(subject)}"
        found = self._read(path, absent=None)
        return str(found["compatibilityLevel"]) if found else None

    def set_level(self, subject: str | None, level: str) -> None:
        """Set the level of a subject, which need not exist yet, or the global one for None."""
        path = "/config" if subject is None else f"/config/{segment(subject)}"
        answer = self._http.request("PUT", path, json={"compatibility": level}, effect=True)
        self._checked(answer, f"compatibility level of {subject or 'all subjects'}", effect=True)

    def compatible(self, subject: str, whole: str, level: str | None) -> CompatibilityAnswer | None:
        """The registry's verdict on a schema without references, under the level it has there.

        Where that reaches to the latest version only, `/versions/latest` is asked: Apicurio
        compares with all versions otherwise, and then lets the schema be registered after all.
        Else it is the route for all versions, as `/versions/latest` is not transitive on Confluent
        and Apicurio. Karapace does not have that route (404 without an error code of the registry);
        there `/versions/latest` compares with all versions wherever the level is transitive.
        Confluent calls any schema compatible with an unknown subject, Apicurio answers 40401,
        Karapace 40402.

        None where the registry cannot tell: Apicurio does not resolve references here. It
        refuses a schema that has them, hence the whole text, and any schema where a registered
        version has them (422).
        """
        path = f"/compatibility/subjects/{segment(subject)}/versions"
        reaches_all = level is None or level.endswith("_TRANSITIVE")
        answer = self._ask(path if reaches_all else f"{path}/latest", whole)
        if reaches_all and is_route_missing(answer):
            answer = self._ask(f"{path}/latest", whole)
        if error_code(answer) in (SUBJECT_NOT_FOUND, VERSION_NOT_FOUND):
            return CompatibilityAnswer(is_compatible=True)
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            return None
        verdict = self._checked(answer, f"subject {subject}", effect=False)
        messages = verdict.get("messages") or verdict.get("incompatibilities") or ()
        return CompatibilityAnswer(bool(verdict["is_compatible"]), tuple(map(str, messages)))

    def close(self) -> None:
        """Give up the connections."""
        self._http.close()

    def _with_types(self, schema: RegisteredSchema) -> RegisteredSchema:
        if schema.references:
            schema = replace(schema, whole=self._whole(schema.text, schema.references))
        self._known[schema.subject, schema.version] = schema
        return schema

    def _whole(self, text: str, references: Sequence[SchemaReference]) -> str:
        """The text with what it refers to in its place. Rejected if that is not there."""
        definitions: dict[str, Any] = {}
        for one in references:
            known = self._known.get((one.subject, one.version))
            referred = known or self.version(one.subject, one.version)
            definitions |= definitions_in_text(referred.whole_text)
        return inlined_text(text, definitions) if references else text

    def _ask(self, path: str, text: str) -> Response:
        return self._http.request(
            "POST", path, json=_body(text, ()), params={"verbose": "true"}, effect=False
        )

    def _read(self, path: str, **otherwise: Any) -> Any:  # noqa: ANN401 - JSON of many shapes
        """GET; `absent` is what a thing that does not exist is read as, else it is Rejected."""
        answer = self._http.request("GET", path, effect=False)
        if "absent" in otherwise and is_absent(answer):
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
        what = f"{self._http.server} refused {about}: {message_of(answer)}"
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


def _body(text: str, references: Sequence[SchemaReference], kind: str = "AVRO") -> dict[str, Any]:
    body: dict[str, Any] = {"schema": text}
    if kind != "AVRO":
        body["schemaType"] = kind
    if references:
        body["references"] = [vars(reference) for reference in references]
    return body
