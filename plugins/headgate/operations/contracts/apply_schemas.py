"""Registers schemas and sets levels, each read back before it counts as done."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from headgate.clients.registry import Registry
from headgate.clients.registry_pool import RegistryPool
from headgate.errors import HeadgateError, Indeterminate, Unavailable
from headgate.operations.contracts.apply_result import ItemResult, Progress
from headgate.operations.contracts.registering import register, set_level
from headgate.plan.change import Change
from headgate.spec.environment import RegistryAddress

_WRITERS = 4
_OfSubject = tuple[Change, ...]
"""The changes of one subject, in their order."""


def apply_schemas(
    changes: Sequence[Change], address: RegistryAddress, progress: Progress
) -> list[ItemResult]:
    """Make the changes: subjects that others refer to first, the rest several at once.

    What the registry refuses fails alone, and with it what refers to it; when the registry stops
    answering, the rest is skipped. A subject whose level could not be set gets no version.
    `progress` is called by one thread at a time. One result a change, in their order.
    """
    waiting = _by_subject(changes)
    applying = _Applying(progress)
    with RegistryPool(address, _WRITERS) as pool:
        while waiting:
            ready = [
                name for name in waiting if not _needs(waiting[name]) & waiting.keys() - {name}
            ]
            # Subjects that refer to each other could never be registered; they are tried anyway,
            # so that the registry says so.
            wave = [waiting.pop(name) for name in ready or list(waiting)]
            pool.each(applying.subject, wave)
    return [applying.results[id(change)] for change in changes]


def _by_subject(changes: Sequence[Change]) -> dict[str, _OfSubject]:
    found: dict[str, _OfSubject] = {}
    for change in changes:
        found[change.name] = (*found.get(change.name, ()), change)
    return found


def _needs(changes: _OfSubject) -> set[str]:
    return {one["subject"] for change in changes for one in change.after.get("references", ())}


@dataclass
class _Applying:
    """What became of the changes so far; shared by the threads."""

    progress: Progress
    results: dict[int, ItemResult] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    is_gone: bool = False
    _one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def subject(self, registry: Registry, changes: _OfSubject) -> None:
        """Make the changes of one subject, one after the other."""
        for change in changes:
            reason = self._reason_to_skip(change)
            self.results[id(change)] = (
                ItemResult(change, "skipped", reason) if reason else self._tried(registry, change)
            )
            if self.results[id(change)].outcome != "ok":
                self.failed.add(change.name)

    def _reason_to_skip(self, change: Change) -> str:
        if self.is_gone:
            return "the registry stopped answering before"
        if change.name in self.failed:
            return "the change of its level failed"
        needed = sorted(_needs((change,)) & self.failed)
        return f"{', '.join(needed)}, which it refers to, is not registered" if needed else ""

    def _tried(self, registry: Registry, change: Change) -> ItemResult:
        try:
            done = _apply(change, registry)
        except HeadgateError as error:
            self.is_gone = self.is_gone or isinstance(error, Unavailable | Indeterminate)
            return ItemResult(change, "failed", str(error))
        with self._one_at_a_time:
            self.progress(done)
        return ItemResult(change, "ok", done)


def _apply(change: Change, registry: Registry) -> str:
    after: Mapping[str, object] = change.after
    if "level" in after:
        set_level(change.name, str(after["level"]), registry)
    if change.kind == "level":
        return f"set the level of subject {change.name} to {after['level']}"
    return register(change, registry)
