"""A job that begins beside a running one of the same state: with sinks of its own.

A Kafka sink that restores the state of another one aborts the transactions of its prefix, which
are the running job's, and commits those that were pending. So the second job's sinks restore
nothing: they have other uids, and their transactions another prefix.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from headgate.ids import EnvironmentName, transactional_id_prefix
from headgate.plan.binding import Binding
from headgate.plan.handover_gates import sink_table
from headgate.plan.state_manifest import StateManifest
from headgate.plan.tables import Table

_PREFIX = "sink.transactional-id-prefix"
_SINK_STATES = frozenset({"writer_raw_states"})


@dataclass(frozen=True)
class BesidePlan:
    """A compiled plan whose sinks have other ids, and the uids whose state nobody restores."""

    plan: str
    dropped: frozenset[str]
    """With `allowNonRestoredState` exactly the state of these may be left over."""


def beside(plan: str) -> BesidePlan:
    """The same plan with ids for its sinks that no node of it has had.

    Raises ValueError for a sink that keeps state of its own, and (KeyError for a part that is
    missing) if it is no compiled plan.
    """
    content: dict[str, Any] = json.loads(plan)
    free = max(node["id"] for node in content["nodes"]) + 1
    moved: dict[int, int] = {}
    for node in content["nodes"]:
        if node["type"].rpartition("_")[0] != "stream-exec-sink":
            continue
        if node.get("state"):
            raise ValueError(f"the sink of {sink_table(node)} keeps state of its own")
        moved[node["id"]] = free + len(moved)
        node["id"] = moved[node["id"]]
    for edge in content["edges"]:
        for end in ("source", "target"):
            edge[end] = moved.get(edge[end], edge[end])
    text = json.dumps(content, indent=2) + "\n"
    return BesidePlan(text, frozenset(f"{old}_sink" for old in moved))


def beside_binding(live: Binding, environment: EnvironmentName, side: str) -> Binding:
    """The live binding with transactions under a prefix that is no other's beginning.

    `side` tells this run of the job from the one beside it: lower-case letters and digits.
    Raises ValueError for another mark, or for a sink whose prefix is not the job's.
    """
    if not side.isalnum() or side != side.lower():
        raise ValueError(f"{side!r} is no mark of a side")
    own = transactional_id_prefix(environment, live.job, live.role)
    return replace(
        live,
        tables=tuple(_with_prefix(table, own, f"{own}-{side}") for table in live.tables),
        side=side,
    )


def sinks_left_out(old: StateManifest, new: StateManifest) -> frozenset[str]:
    """The uids of the old job's sinks, whose state the new one does not take.

    Raises ValueError if anything else would be left out, or if a sink is the same in both: then
    the new job is not fit to run beside the old one.
    """
    sinks = {uid for uid, kept in old.operators.items() if set(kept.states) <= _SINK_STATES}
    left = {uid for uid in old.operators if uid not in new.operators}
    if left - sinks:
        raise ValueError(f"state of {', '.join(sorted(left - sinks))} would be given up")
    if sinks - left:
        raise ValueError(f"{', '.join(sorted(sinks - left))} would be restored by both jobs")
    return frozenset(left)


def _with_prefix(table: Table, old: str, new: str) -> Table:
    prefix = table.options.get(_PREFIX)
    if prefix is None:
        return table
    mark, dot, topic = prefix.removeprefix(old).partition(".")
    # A job that began beside another one itself has a mark already.
    if not prefix.startswith(old) or not dot or (mark and not mark.startswith("-")):
        raise ValueError(f"{table.name}: the prefix {prefix} is not {old}")
    options: Mapping[str, str] = {**table.options, _PREFIX: f"{new}.{topic}"}
    return replace(table, options=options)
