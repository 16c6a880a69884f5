"""A plan in a file: made and reviewed now, applied later only if nothing has changed since."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from headgate.errors import Rejected
from headgate.ids import Digest
from headgate.plan.change import Change, Plan
from headgate.plan.contracts import Part

FORMAT = 1


@dataclass(frozen=True)
class PlanOrigin:
    """What a plan was computed from. An equal origin gives an equal plan."""

    environment: str
    cluster_id: str
    """Of the Kafka cluster; empty where only schemas were planned."""
    only: Part | None
    files: Digest
    """Of every file below `schemas/`."""
    observed: Digest
    """Of everything that was seen in Kafka, the registry and the ledger."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    headgate_plan: Literal[1]
    environment: str
    cluster_id: str
    only: Part | None
    files: str
    observed: str
    changes: list[dict[str, Any]]


def saved_plan(plan: Plan, origin: PlanOrigin) -> dict[str, Any]:
    """The file's content."""
    return {
        "headgate_plan": FORMAT,
        "environment": origin.environment,
        "cluster_id": origin.cluster_id,
        "only": origin.only,
        "files": origin.files,
        "observed": origin.observed,
        "changes": [change.to_json() for change in plan.pending],
    }


def read_saved_plan(text: str, file: str) -> tuple[tuple[Change, ...], PlanOrigin]:
    """The changes and the origin that a file holds. Raises Rejected if it is no saved plan."""
    try:
        written = _Written.model_validate_json(text)
        changes = tuple(Change.from_json(change) for change in written.changes)
    except (ValidationError, KeyError, TypeError) as error:
        raise Rejected(
            f"{file} is not a plan that this version of headgate has saved",
            still_true="Nothing was changed.",
            next_step=f"headgate plan --out {file}",
        ) from error
    origin = PlanOrigin(
        written.environment,
        written.cluster_id,
        written.only,
        Digest(written.files),
        Digest(written.observed),
    )
    return changes, origin


def differences(saved: PlanOrigin, now: PlanOrigin) -> Iterator[str]:
    """Why a saved plan no longer holds, in words; nothing if it does."""
    if saved.environment != now.environment:
        yield f"it was made for environment {saved.environment}, not {now.environment}"
    if saved.cluster_id != now.cluster_id:
        yield (
            f"it was made for the Kafka cluster {saved.cluster_id or '(none)'}, and this is "
            f"{now.cluster_id or '(none)'}"
        )
    if saved.files != now.files:
        yield "files below schemas/ have changed since"
    if saved.observed != now.observed:
        yield "topics, subjects or deployed jobs have changed since"
