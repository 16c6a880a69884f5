"""What state a job keeps: operator uid → key, and state name → type.

Flink finds state again by the uid of its operator and by its name. Whether the bytes it finds are
still what the operator takes them for, Flink checks for the JVM's own types only; the state of a
Python function is bytes to it, so that a `LONG` is read out of a pickle without any error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_VERSION = 1


@dataclass(frozen=True)
class OperatorState:
    """The state of one operator. `key` is the type of its key, None where it has none."""

    key: str | None
    states: Mapping[str, str]
    """State name → type, as text: texts differ wherever the kept bytes or their meaning do."""


@dataclass(frozen=True)
class StateManifest:
    """All state of a job, and what else decides whether a snapshot of it can be restored."""

    operators: Mapping[str, OperatorState]
    """By uid; operators without state are not in it."""
    max_parallelism: int | None = None
    """Number of key groups: it is fixed for the life of the state."""
    backend: str | None = field(default=None)
    """`state.backend.type` of the job, None where the cluster's own is used. A canonical
    savepoint is read by every backend, any other snapshot by the one that wrote it."""

    def to_json(self) -> dict[str, Any]:
        """The manifest for the ledger and for machines."""
        return {
            "version": _VERSION,
            "operators": {
                uid: {"key": operator.key, "states": dict(sorted(operator.states.items()))}
                for uid, operator in sorted(self.operators.items())
            },
            "max_parallelism": self.max_parallelism,
            "backend": self.backend,
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any]) -> "StateManifest":
        """The manifest that `to_json` wrote. Raises ValueError for one of another version."""
        if written.get("version") != _VERSION:
            raise ValueError(f"state manifest of version {written.get('version')!r}")
        operators = {
            uid: OperatorState(operator["key"], dict(operator["states"]))
            for uid, operator in written["operators"].items()
        }
        return cls(operators, written["max_parallelism"], written["backend"])


def recorded_manifest(written: Mapping[str, Any] | None) -> StateManifest | None:
    """A manifest as the ledger has it; None for a deployment recorded without one."""
    return None if written is None else StateManifest.from_json(written)


def manifest_of_description(
    description: Mapping[str, Any], *, max_parallelism: int | None, backend: str | None
) -> StateManifest:
    """The manifest of a Python job from what `describe_state` of the runtime wrote."""
    operators = {
        operator["uid"]: OperatorState(operator["key"], dict(operator["states"]))
        for operator in description["operators"]
    }
    return StateManifest(operators, max_parallelism, backend)
