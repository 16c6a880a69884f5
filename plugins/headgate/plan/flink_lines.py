"""What a change from one Flink line to another means for the state."""

from dataclasses import dataclass
from typing import Literal

Step = Literal["same", "up", "down", "across", "refused"]


@dataclass(frozen=True)
class LineChange:
    """`across`: to another major version. `reason` says why it is refused or has to be agreed to.

    The official compatibility table of savepoints goes from older lines to newer ones only; from
    1.x to 2.x the release notes promise nothing (Kryo 2 to 5.6, built-in collection serializers);
    1.20 refuses every savepoint of 2.x ("Unrecognized checkpoint version number").
    """

    step: Step
    reason: str = ""


def line_change(before: str, after: str) -> LineChange:
    """Lines are named by major and minor version: `2.2`."""
    old, new = _numbers(before), _numbers(after)
    if old == new:
        return LineChange("same")
    if new[0] < old[0]:
        return LineChange(
            "refused",
            f"Flink {after} cannot read a savepoint of Flink {before}: from {old[0]}.x there is no "
            f"way back to {new[0]}.x",
        )
    if new[0] > old[0]:
        return LineChange(
            "across",
            f"from {old[0]}.x to {new[0]}.x Flink does not promise that state is compatible: what "
            "Kryo has written and Java collections in POJOs are known not to restore",
        )
    if new < old:
        return LineChange(
            "down", "back to an older line: Flink promises nothing, the rehearsal shows it"
        )
    return LineChange("up")


def _numbers(line: str) -> tuple[int, int]:
    major, minor = line.split(".")[:2]
    return int(major), int(minor)
