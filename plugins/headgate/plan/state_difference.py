"""What would become of kept state under a new manifest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from headgate.plan.state_manifest import OperatorState, StateManifest

Kind = Literal[
    "added",
    "removed",
    "type_changed",
    "key_changed",
    "uid_renamed",
    "max_parallelism_changed",
    "backend_changed",
]
SnapshotFormat = Literal["canonical", "native", "checkpoint"]
Fit = Literal["none", "compatible", "incompatible"]

_EFFECTS: Mapping[Kind, str] = {
    "added": "it begins empty",
    "removed": "what it holds would be dropped",
    "type_changed": "the old bytes would be taken for the new type; for the state of Python code "
    "Flink does not notice",
    "key_changed": "the state of no key, or of a wrong one, would be found",
    "uid_renamed": "Flink would look under the new uid and find nothing",
    "max_parallelism_changed": "Flink cannot sort the keys anew",
    "backend_changed": "a checkpoint or native savepoint is read by the backend that wrote it "
    "alone; a canonical savepoint would be read by both",
}


@dataclass(frozen=True)
class StateDifference:
    """One difference. `uid` and `state` are empty where it concerns the whole job."""

    uid: str
    state: str
    kind: Kind
    before: str | None
    after: str | None
    effect: str

    @property
    def is_compatible(self) -> bool:
        """Whether a snapshot from before can be restored all the same."""
        return self.kind == "added"

    def in_words(self) -> str:
        """One line that names state and operator."""
        what = f"{self.before} → {self.after}"
        match self.kind:
            case "added":
                said = f"state '{self.state}' of operator '{self.uid}' is new: {self.after}"
            case "removed":
                said = f"state '{self.state}' of operator '{self.uid}' is gone: {self.before}"
            case "type_changed":
                said = f"state '{self.state}' of operator '{self.uid}' changes its type: {what}"
            case "key_changed":
                said = f"state '{self.state}' of operator '{self.uid}' changes its key: {what}"
            case "uid_renamed":
                said = f"state '{self.state}': its operator changes its uid: {what}"
            case "max_parallelism_changed":
                said = f"max_parallelism changes: {what}"
            case "backend_changed":
                said = f"state.backend.type changes: {what}"
        return f"{said} ({self.effect})"

    def to_json(self) -> dict[str, Any]:
        """The difference for machines."""
        return {**asdict(self), "compatible": self.is_compatible}


def differences(
    old: StateManifest, new: StateManifest, *, snapshot: SnapshotFormat = "canonical"
) -> tuple[StateDifference, ...]:
    """All that differs between the manifest that made a snapshot and the one to restore it.

    `snapshot` is the format of what is to be restored: of the backend only a canonical savepoint
    is independent.
    """
    return (*_of_operators(old, new), *_of_settings(old, new, snapshot))


def fit(found: Sequence[StateDifference]) -> Fit:
    """Whether state can be restored: `compatible` where something is only added."""
    if not found:
        return "none"
    return "compatible" if all(one.is_compatible for one in found) else "incompatible"


def _of_operators(old: StateManifest, new: StateManifest) -> Iterator[StateDifference]:
    gone = {uid: state for uid, state in old.operators.items() if uid not in new.operators}
    come = {uid: state for uid, state in new.operators.items() if uid not in old.operators}
    for uid, before in sorted(gone.items()):
        renamed = next((other for other in sorted(come) if come[other] == before), None)
        if renamed is not None:
            del come[renamed]
            names = ", ".join(sorted(before.states))
            yield _difference(uid, names, "uid_renamed", uid, renamed)
        else:
            for name, kind in sorted(before.states.items()):
                yield _difference(uid, name, "removed", kind, None)
    for uid, before in sorted(old.operators.items()):
        if uid in new.operators:
            yield from _of_operator(uid, before, new.operators[uid])
    for uid, after in sorted(come.items()):
        for name, kind in sorted(after.states.items()):
            yield _difference(uid, name, "added", None, kind)


def _of_operator(uid: str, old: OperatorState, new: OperatorState) -> Iterator[StateDifference]:
    if old.key != new.key:
        names = ", ".join(sorted(old.states))
        yield _difference(uid, names, "key_changed", old.key or "none", new.key or "none")
    for name in sorted(old.states.keys() | new.states.keys()):
        before, after = old.states.get(name), new.states.get(name)
        if before is None:
            yield _difference(uid, name, "added", None, after)
        elif after is None:
            yield _difference(uid, name, "removed", before, None)
        elif before != after:
            yield _difference(uid, name, "type_changed", before, after)


def _of_settings(
    old: StateManifest, new: StateManifest, snapshot: SnapshotFormat
) -> Iterator[StateDifference]:
    if None not in (old.max_parallelism, new.max_parallelism) and (
        old.max_parallelism != new.max_parallelism
    ):
        before, after = str(old.max_parallelism), str(new.max_parallelism)
        yield _difference("", "", "max_parallelism_changed", before, after)
    if snapshot != "canonical" and old.backend != new.backend:
        before, after = (backend or "the cluster's" for backend in (old.backend, new.backend))
        yield _difference("", "", "backend_changed", before, after)


def _difference(
    uid: str, state: str, kind: Kind, before: str | None, after: str | None
) -> StateDifference:
    return StateDifference(uid, state, kind, before, after, _EFFECTS[kind])
