"""Registers schemas and sets levels, each read back before it counts as done."""

from collections.abc import Sequence

from headgate.clients.registry import Registry
from headgate.errors import HeadgateError, Indeterminate, Rejected, Unavailable
from headgate.operations.contracts.apply_result import ItemResult, Progress
from headgate.plan.change import Change
from headgate.plan.schema_form import same_schema


def apply_schemas(
    changes: Sequence[Change], registry: Registry, progress: Progress
) -> list[ItemResult]:
    """Make the changes one after the other.

    What the registry refuses fails alone; when it stops answering, the rest is skipped. A subject
    whose level could not be set gets no version.
    """
    results: list[ItemResult] = []
    failed: set[str] = set()
    is_gone = False
    for change in changes:
        if is_gone:
            results.append(ItemResult(change, "skipped", "the registry stopped answering before"))
            continue
        if change.name in failed:
            results.append(ItemResult(change, "skipped", "the change of its level failed"))
            continue
        try:
            done = _apply(change, registry)
        except HeadgateError as error:
            failed.add(change.name)
            is_gone = isinstance(error, Unavailable | Indeterminate)
            results.append(ItemResult(change, "failed", str(error)))
        else:
            results.append(ItemResult(change, "ok", done))
            progress(done)
    return results


def _apply(change: Change, registry: Registry) -> str:
    subject = change.name
    if "level" in change.after:
        _set_level(subject, str(change.after["level"]), registry)
    if change.kind == "level":
        return f"set the level of subject {subject} to {change.after['level']}"
    return _register(subject, str(change.after["schema"]), registry)


def _set_level(subject: str, level: str, registry: Registry) -> None:
    registry.set_level(subject, level)
    held = registry.level(subject)
    if held != level:
        raise Rejected(
            f"the registry took level {level} for subject {subject}, but holds {held}",
            still_true="No version was registered.",
        )


def _register(subject: str, text: str, registry: Registry) -> str:
    lost: Indeterminate | None = None
    schema_id: int | None = None
    try:
        schema_id = registry.register(subject, text)
    except Indeterminate as error:
        lost = error  # it may have happened: what is read back decides
    latest = registry.latest(subject)
    is_there = latest is not None and same_schema(latest.text, text)
    if latest is None or not is_there or schema_id not in (None, latest.id):
        if lost is not None:
            raise lost
        held = f"version {latest.version} with id {latest.id}" if latest else "nothing"
        raise Rejected(
            f"the registry took the schema of subject {subject} under id {schema_id}, but its "
            f"latest is {held}",
            next_step="headgate plan",
        )
    return f"registered subject {subject}: version {latest.version}, id {latest.id}"
