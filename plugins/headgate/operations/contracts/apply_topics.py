"""Creates and changes topics, in one batch for each kind of call; and asks the brokers before."""

from collections.abc import Sequence

from headgate.clients.kafka_admin import ItemResults, KafkaAdmin, TopicCreation
from headgate.errors import HeadgateError, Rejected
from headgate.ids import TopicName
from headgate.operations.contracts.apply_result import ItemResult, Progress
from headgate.plan.change import Change, Kind, Plan

_KINDS: tuple[Kind, ...] = ("topic", "configs", "partitions")
_DONE = {"topic": "created", "configs": "configured", "partitions": "added partitions to"}


def refusals_by_brokers(plan: Plan, admin: KafkaAdmin) -> dict[tuple[Kind, str], str]:
    """What the brokers would refuse of a plan, with their reason; nothing is changed.

    Raises what kept them from answering.
    """
    reasons: dict[tuple[Kind, str], str] = {}
    for kind in _KINDS:
        changes = [one for one in plan.pending if one.kind == kind and one.risk != "refused"]
        for name, error in _send(kind, changes, admin, validate_only=True).items():
            if isinstance(error, Rejected):
                reasons[kind, name] = error.what
            elif error is not None:
                raise error
    return reasons


def apply_topics(
    changes: Sequence[Change], admin: KafkaAdmin, progress: Progress
) -> list[ItemResult]:
    """Make the changes; each has its own result."""
    results: list[ItemResult] = []
    for kind in _KINDS:
        batch = [change for change in changes if change.kind == kind]
        try:
            answers = _send(kind, batch, admin, validate_only=False)
        except HeadgateError as error:
            answers = {TopicName(change.name): error for change in batch}
        for change in batch:
            failure = answers[TopicName(change.name)]
            done = f"{_DONE[kind]} topic {change.name}"
            results.append(
                ItemResult(change, "ok", done)
                if failure is None
                else ItemResult(change, "failed", str(failure))
            )
            if failure is None:
                progress(done)
    return results


def _send(
    kind: Kind, changes: Sequence[Change], admin: KafkaAdmin, *, validate_only: bool
) -> ItemResults:
    if not changes:
        return {}
    if kind == "topic":
        creations = [
            TopicCreation(
                TopicName(change.name),
                change.after["partitions"],
                change.after["replication"],
                change.after["configs"],
            )
            for change in changes
        ]
        return admin.create(creations, validate_only=validate_only)
    if kind == "configs":
        values = {TopicName(change.name): dict(change.after) for change in changes}
        return admin.alter_configs(values, validate_only=validate_only)
    totals = {TopicName(change.name): change.after["partitions"] for change in changes}
    return admin.add_partitions(totals, validate_only=validate_only)
