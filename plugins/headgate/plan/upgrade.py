"""Deciding an upgrade: whether it may be, how dangerous it is, and what has to come before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from headgate.ids import Digest, JobName
from headgate.plan.deploy import Refusal
from headgate.plan.flink_lines import line_change
from headgate.plan.state_difference import StateDifference, fit
from headgate.plan.tried_before import TriedBefore
from headgate.plan.upgrade_changes import Changed
from headgate.plan.way_of_cut_over import WayOfCutOver

Class = Literal["no state effect", "compatible", "needs rehearsal", "incompatible"]


@dataclass(frozen=True)
class Asked:
    """What is asked for, and what there is. `declared_line` is what job.yaml says."""

    job: JobName
    running_line: str
    declared_line: str
    target_line: str
    running_spec: Digest
    target_spec: Digest
    """Digest of the declaration, read with the target line in it."""
    tried_before: TriedBefore | None = None
    try_again: bool = False


def refused(asked: Asked) -> Refusal | None:
    """Why there can be no such upgrade, from what is known before anything is compiled."""
    job, running, target = asked.job, asked.running_line, asked.target_line
    change = line_change(running, target)
    if change.step == "refused":
        return Refusal(
            f"{job} runs on Flink {running}: {change.reason}",
            f"stay on Flink {running}, or begin anew on {target}: headgate stop {job}, then "
            f"headgate deploy {job} --start-empty",
        )
    if asked.declared_line not in (running, target):
        return Refusal(
            f"{job} runs on Flink {running} and was to be brought to {target}, but its job.yaml "
            f"declares Flink {asked.declared_line}",
            f'set `flink: "{target}"` in job.yaml, or headgate upgrade {job} --to '
            f"{asked.declared_line}",
        )
    if asked.tried_before is not None and not asked.try_again:
        tried = asked.tried_before
        return Refusal(
            f"{job}: this version was tried on Flink {target} before, at "
            f"{tried.at:%Y-%m-%d %H:%M:%S} UTC, and {tried.ended_as}: {tried.reason}",
            f"mend the cause; then headgate upgrade {job} --to {target} --again",
        )
    return None


def is_as_asked(asked: Asked) -> bool:
    """Whether what runs is what is asked for."""
    return asked.running_line == asked.target_line and asked.running_spec == asked.target_spec


@dataclass(frozen=True)
class StateFacts:
    """What is known of the state on both sides. `is_known` is False where one was not recorded."""

    differences: Sequence[StateDifference]
    is_known: bool
    is_other_sql: bool


@dataclass(frozen=True)
class Classified:
    """The class of a change, and why it is that."""

    change_class: Class
    reason: str


def class_of_change(
    running_line: str, target_line: str, changes: Sequence[Changed], state: StateFacts
) -> Classified:
    """How dangerous the change is for the state that is kept.

    A snapshot is restored from a canonical savepoint, which is independent of the state backend.
    """
    change = line_change(running_line, target_line)
    fits = fit(state.differences)
    told = "; ".join(
        one.in_words() for one in state.differences if one.is_compatible == (fits == "compatible")
    )
    reads = f"Flink {target_line} has to read what Flink {running_line} has written"
    cases: tuple[tuple[bool, Class, str], ...] = (
        (change.step == "refused", "incompatible", change.reason),
        (state.is_other_sql, "incompatible", "the SQL has changed: its nodes are numbered anew"),
        (fits == "incompatible", "incompatible", told),
        (change.step != "same", "needs rehearsal", change.reason or reads),
        (not state.is_known, "needs rehearsal", "the state of what runs was not recorded"),
        (fits == "compatible", "compatible", told),
        (
            any(one.what == "parallelism" for one in changes),
            "compatible",
            "the state is the same, and is distributed anew",
        ),
    )
    found = ((name, why) for is_so, name, why in cases if is_so)
    return Classified(*next(found, ("no state effect", "the state is the same")))


@dataclass(frozen=True)
class Policy:
    """What job.yaml and whoever asks want: a rehearsal, a person's agreement, how long to watch."""

    rehearse: bool
    approval: bool
    soak: timedelta


@dataclass(frozen=True)
class Decision:
    """What is done, and why."""

    classified: Classified
    rehearse: bool
    rehearse_reason: str
    approval: bool
    approval_reason: str
    way: WayOfCutOver


def decide(
    running_line: str, target_line: str, classified: Classified, policy: Policy, way: WayOfCutOver
) -> Decision:
    """Decide from the class of the change and from what is wanted.

    The step to another major version is never taken without a rehearsal and a person.
    """
    change = line_change(running_line, target_line)
    is_across = change.step == "across"
    if is_across:
        rehearse, why_rehearse = True, change.reason
    elif policy.rehearse:
        rehearse, why_rehearse = True, "as upgrade.rehearse of job.yaml says"
    else:
        rehearse, why_rehearse = False, "upgrade.rehearse of job.yaml is off"
    if is_across:
        approval, why_approval = True, change.reason
    elif policy.approval:
        approval, why_approval = True, "as upgrade.approval of job.yaml says"
    else:
        approval, why_approval = False, "not asked for"
    return Decision(classified, rehearse, why_rehearse, approval, why_approval, way)


def decision_as_json(decision: Decision) -> dict[str, Any]:
    """For the ledger."""
    return {
        "class": decision.classified.change_class,
        "class_reason": decision.classified.reason,
        "rehearse": decision.rehearse,
        "rehearse_reason": decision.rehearse_reason,
        "approval": decision.approval,
        "approval_reason": decision.approval_reason,
        "way": decision.way.way,
        "way_reason": decision.way.reason,
    }
