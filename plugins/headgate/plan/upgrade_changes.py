"""What differs between the version of a job that runs and the one that is to run."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headgate.ids import Digest


@dataclass(frozen=True)
class Version:
    """One side of an upgrade. `configuration` are all Flink options, `tables` DDL by name."""

    line: str
    plan_digest: Digest | None
    """Of the compiled plan; None for a Python job."""
    code: Digest
    """Of SQL without comments, or of the Python code."""
    parallelism: int
    configuration: Mapping[str, str]
    tables: Mapping[str, str]


@dataclass(frozen=True)
class Changed:
    """One difference, in words; `before` or `after` is empty where there was or will be nothing."""

    what: str
    before: str
    after: str

    def to_json(self) -> dict[str, Any]:
        """For the ledger and for machines."""
        return asdict(self)


FLINK_LINE = "Flink line"
_OF_PARALLELISM = "parallelism.default"


def changes_between(before: Version, after: Version) -> tuple[Changed, ...]:
    """Everything that differs, the Flink line first."""
    return tuple(_changes(before, after))


def _changes(before: Version, after: Version) -> Iterator[Changed]:
    if before.line != after.line:
        yield Changed(FLINK_LINE, before.line, after.line)
    if before.plan_digest != after.plan_digest:
        yield Changed("SQL", _short(before.plan_digest), _short(after.plan_digest))
    elif before.code != after.code:
        yield Changed("code", _short(before.code), _short(after.code))
    if before.parallelism != after.parallelism:
        yield Changed("parallelism", str(before.parallelism), str(after.parallelism))
    for name in sorted(before.configuration.keys() | after.configuration.keys()):
        old, new = before.configuration.get(name, ""), after.configuration.get(name, "")
        if old != new and name != _OF_PARALLELISM:
            yield Changed(name, old, new)
    for name in sorted(before.tables.keys() | after.tables.keys()):
        if before.tables.get(name) != after.tables.get(name):
            yield Changed(
                f"table {name}",
                "as it was" if name in before.tables else "",
                "with other columns or options" if name in after.tables else "",
            )


def _short(digest: Digest | None) -> str:
    return digest[:12] if digest else ""
