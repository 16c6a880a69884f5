"""Creates, changes and deletes topics, one batch for each kind of call; asks the brokers before."""

from collections.abc import Sequence

from headgate.clients.kafka_admin import ItemResults, KafkaAdmin, TopicCreation
from headgate.errors import HeadgateError, Rejected
from headgate.ids import TopicName
from headgate.operations.contracts.apply_result import ItemResult, Progress
from headgate.plan.change import Change, Kind, Operation, Plan

_Call = tuple[Kind, Operation]

_CALLS: tuple[_Call, ...] = (
    ("topic", "create"),
    ("configs", "update"),
    ("partitions", "update"),
    ("topic", "delete"),
)
"""In this order: what is deleted goes last."""
_DONE: dict[_Call, str] = {
    ("topic", "create"): "created",
    ("configs", "update"): "configured",
    ("partitions", "update"): "added partitions to",
    ("topic", "delete"): "deleted",
}


def refusals_by_brokers(plan: Plan, admin: KafkaAdmin) -> dict[tuple[Kind, str], str]:
    """What the brokers would refuse of a plan, with their reason; nothing is changed.

    A deletion is not asked about: Kafka has no way to. Raises what kept them from answering.
    """
    reasons: dict[tuple[Kind, str], str] = {}
    for call in _CALLS:
        changes = [one for one in _of(plan.pending, call) if one.risk != "refused"]
        if call == ("topic", "delete") or not changes:
            continue
        for name, error in _send(call, changes, admin, validate_only=True).items():
            if isinstance(error, Rejected):
                reasons[call[0], name] = error.what
            elif error is not None:
                raise error
    return reasons


def apply_topics(
    changes: Sequence[Change], admin: KafkaAdmin, progress: Progress
) -> list[ItemResult]:
    """Make the changes; each has its own result."""
    results: list[ItemResult] = []
    for call in _CALLS:
        batch = _of(changes, call)
        if not batch:
            continue
        try:
            answers = _send(call, batch, admin, validate_only=False)
        except HeadgateError as error:
            answers = {TopicName(change.name): error for change in batch}
        for change in batch:
            failure = answers[TopicName(change.name)]
            done = f"{_DONE[call]} topic {change.name}"
            results.append(
                ItemResult(change, "ok", done)
                if failure is None
                else ItemResult(change, "failed", str(failure))
            )
            if failure is None:
                progress(done)
    return results


def _of(changes: Sequence[Change], call: _Call) -> list[Change]:
    return [change for change in changes if (change.kind, change.operation) == call]


def _send(
    call: _Call, changes: Sequence[Change], admin: KafkaAdmin, *, validate_only: bool
) -> ItemResults:
    names = [TopicName(change.name) for change in changes]
    match call:
        case ("topic", "create"):
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
        case ("topic", "delete"):
            return admin.delete(names)
        case ("configs", _):
            values = {name: dict(one.after) for name, one in zip(names, changes, strict=True)}
            return admin.alter_configs(values, validate_only=validate_only)
        case _:
            totals = {n: one.after["partitions"] for n, one in zip(names, changes, strict=True)}
            return admin.add_partitions(totals, validate_only=validate_only)
