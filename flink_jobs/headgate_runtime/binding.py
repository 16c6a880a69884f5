"""Reading the binding: one JSON that says everything about one run of one job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True)
class Table:
    """A table of the job, by its SQL name, and the statement that creates it."""

    name: str
    ddl: str
    columns: tuple[str, ...] = ()
    """Names of its columns, in their order."""


@dataclass(frozen=True)
class Gate:
    """The hand-over gate: its jar, and the columns that job.yaml names as bounds, by sink table."""

    jar: Path
    bounds: Mapping[str, str]


@dataclass(frozen=True)
class Binding:
    """One run of one job, its paths absolute.

    `plan` and `sql` are there for a SQL job, `module` for a Python job.
    """

    job: str
    role: str
    kind: Literal["sql", "python"]
    tables: tuple[Table, ...]
    sql: str | None
    plan: Path | None
    module: Path | None
    configuration: Mapping[str, str]
    report: Path
    gate: Gate | None = None
    """None: results cannot be handed over."""
    side: str | None = None
    """Marks the uids of a Python job's sinks where it began beside another run of the same job."""


def read_binding(file: Path) -> Binding:
    """Read a binding. Relative paths in it start at the folder that holds it.

    Without `report` the report goes beside that folder, which may be read-only.
    """
    folder = file.absolute().parent
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    report = content["report"]
    return Binding(
        job=content["job"],
        role=content["role"],
        kind=content["kind"],
        tables=tuple(
            Table(table["name"], table["ddl"], tuple(table["columns"]))
            for table in content["tables"]
        ),
        sql=content["sql"],
        plan=_within(folder, content["plan"]),
        module=_within(folder, content["module"]),
        configuration=content["configuration"],
        report=folder / report if report else folder.with_name(f"{folder.name}.report.json"),
        gate=_gate(folder, content["gate"]),
        side=content["side"],
    )


def _gate(folder: Path, gate: Mapping[str, Any] | None) -> Gate | None:
    return None if gate is None else Gate(folder / gate["jar"], gate["bounds"])


def _within(folder: Path, path: str | None) -> Path | None:
    return None if path is None else folder / path
