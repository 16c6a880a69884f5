"""Registries that cannot be installed here, as small as the client needs them.

What they answer is learnt from their sources: Confluent Schema Registry (`CompatibilityResource`,
`ConfigResource`, `Errors`, `ParsedSchema.canLookup`, `KafkaSchemaRegistry.register`) and Karapace
(`karapace/api/controller.py`, `api/routers/compatibility.py`, `api/http_handlers`). Whether two
schemas are compatible is asked of `avro.compatibility`, as Karapace does it too.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from avro.compatibility import ReaderWriterCompatibilityChecker, SchemaCompatibilityType
from avro.schema import parse
from headgate.spec.avro_inlining import definitions_in, inlined

Answer = tuple[int, Any]


@dataclass
class Vendor:
    """Subjects, levels and ids in memory; `answer` is what the server would say."""

    default_level: str = "BACKWARD"
    subjects: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)

    def answer(  # noqa: PLR0911 - one line a route
        self, method: str, path: str, body: dict[str, Any]
    ) -> Answer:
        match method, [part for part in path.split("/") if part]:
            case "GET", ["subjects", subject, "versions"]:
                return self._versions(subject)
            case "GET", ["subjects", subject, "versions", number]:
                return self._version(subject, number)
            case "GET", ["schemas", "ids", number]:
                return self._by_id(int(number))
            case "POST", ["subjects", subject, "versions"]:
                return self._register(subject, body)
            case "GET", ["config", subject]:
                return self._level(subject)
            case "PUT", ["config", subject]:
                self.levels[subject] = body["compatibility"]
                return 200, {"compatibility": body["compatibility"]}
            case "POST", ["compatibility", "subjects", subject, "versions", *number]:
                return self._compatible(subject, number, body)
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def whole(self, version: dict[str, Any]) -> Any:
        schema = json.loads(version["schema"])
        definitions: dict[str, Any] = {}
        for one in version.get("references") or ():
            referred = self.subjects[one["subject"]][one["version"] - 1]
            definitions |= definitions_in(self.whole(referred))
        return inlined(schema, definitions)

    def reasons(self, level: str, body: dict[str, Any], against: Iterable[Any]) -> list[str]:
        new, found = self.whole(body), []
        for version in against:
            old = self.whole(version)
            directions = []
            if level.startswith(("BACKWARD", "FULL")):
                directions.append((new, old))
            if level.startswith(("FORWARD", "FULL")):
                directions.append((old, new))
            for reader, writer in directions:
                checker = ReaderWriterCompatibilityChecker()  # type: ignore[no-untyped-call]
                result = checker.get_compatibility(
                    parse(json.dumps(reader)), parse(json.dumps(writer))
                )
                if result.compatibility is not SchemaCompatibilityType.compatible:
                    found += sorted(map(str, result.messages))
        return found

    def level_of(self, subject: str) -> str:
        return self.levels.get(subject, self.default_level)

    def _versions(self, subject: str) -> Answer:
        if subject not in self.subjects:
            return self.no_subject(subject)
        return 200, [one["version"] for one in self.subjects[subject]]

    def _version(self, subject: str, number: str) -> Answer:
        held = self.subjects.get(subject)
        if not held:
            return self.no_subject(subject)
        if number == "latest":
            return 200, held[-1]
        return 200, held[int(number) - 1]

    def _by_id(self, number: int) -> Answer:
        for held in self.subjects.values():
            for one in held:
                if one["id"] == number:
                    return 200, {key: one[key] for key in ("schema", "references") if key in one}
        return 404, {"error_code": 40403, "message": "Schema not found"}

    def _register(self, subject: str, body: dict[str, Any]) -> Answer:
        for held in reversed(self.subjects.get(subject, [])):
            if self.is_known_as(held, body):
                return 200, {"id": held["id"]}
        level = self.level_of(subject)
        held_versions = self.subjects.get(subject, [])
        against = held_versions if level.endswith("_TRANSITIVE") else held_versions[-1:]
        reasons = self.reasons(level, body, against)
        if reasons:
            return 409, {"error_code": 409, "message": "; ".join(reasons)}
        key = json.dumps([body["schema"], body.get("references") or []])
        schema_id = self.ids.setdefault(key, len(self.ids) + 1)
        version = {
            "subject": subject,
            "version": len(held_versions) + 1,
            "id": schema_id,
            "schema": body["schema"],
        }
        if body.get("references"):
            version["references"] = body["references"]
        self.subjects.setdefault(subject, []).append(version)
        return 200, {"id": schema_id}

    def is_known_as(self, held: dict[str, Any], body: dict[str, Any]) -> bool:
        raise NotImplementedError

    def no_subject(self, subject: str) -> Answer:
        return 404, {"error_code": 40401, "message": f"Subject '{subject}' not found."}

    def _level(self, subject: str) -> Answer:
        raise NotImplementedError

    def _compatible(self, subject: str, number: list[str], body: dict[str, Any]) -> Answer:
        raise NotImplementedError


@dataclass
class Confluent(Vendor):
    """Confluent Schema Registry, main of August 2026."""

    def is_known_as(self, held: dict[str, Any], body: dict[str, Any]) -> bool:
        """`canLookup`: a schema with all references resolved finds the one that has them."""
        if (held.get("references") or []) == (body.get("references") or []):
            return bool(json.loads(held["schema"]) == json.loads(body["schema"]))
        return not body.get("references") and bool(self.whole(held) == self.whole(body))

    def _level(self, subject: str) -> Answer:
        if subject in self.levels:
            return 200, {"compatibilityLevel": self.levels[subject]}
        return 404, {
            "error_code": 40408,
            "message": f"Subject '{subject}' does not have subject-level compatibility configured",
        }

    def _compatible(self, subject: str, number: list[str], body: dict[str, Any]) -> Answer:
        """Without a version all are compared, as far as the level reaches; with one, that one."""
        held = self.subjects.get(subject, [])
        level = self.level_of(subject)
        against = held if not number and level.endswith("_TRANSITIVE") else held[-1:]
        reasons = self.reasons(level, body, against)
        return 200, {"is_compatible": not reasons, "messages": reasons}


@dataclass
class Karapace(Vendor):
    """Karapace 6."""

    def is_known_as(self, held: dict[str, Any], body: dict[str, Any]) -> bool:
        """The same text with the same references only."""
        same = (held.get("references") or []) == (body.get("references") or [])
        return same and bool(json.loads(held["schema"]) == json.loads(body["schema"]))

    def _level(self, subject: str) -> Answer:
        """A subject is known once it has a version or a level (`config_subject_get`)."""
        if subject in self.levels:
            return 200, {"compatibilityLevel": self.levels[subject]}
        if subject not in self.subjects:
            return self.no_subject(subject)
        return 404, {"error_code": 40408, "message": "Subject has no level of its own"}

    def _compatible(self, subject: str, number: list[str], body: dict[str, Any]) -> Answer:
        """No route for all versions; a transitive level makes the version irrelevant."""
        if not number:
            return 404, "Not Found"
        held = self.subjects.get(subject)
        if not held:
            return 404, {"error_code": 40402, "message": f"Version {number[0]} not found."}
        level = self.level_of(subject)
        reasons = self.reasons(level, body, held if level.endswith("_TRANSITIVE") else held[-1:])
        return 200, (
            {"is_compatible": False, "messages": reasons} if reasons else {"is_compatible": True}
        )
