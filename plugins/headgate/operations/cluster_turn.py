"""Waiting for a turn at a cluster: a few operations of one kind are at work on it at a time."""

from datetime import timedelta
from typing import ClassVar

from headgate.errors import Rejected
from headgate.ids import FlinkLineName
from headgate.ledger.records import Json
from headgate.operations.engine.step import TURN, Absent, Done, Intention, Look, Pending, Run

AT_A_TIME = 4
"""Operations of one kind at one cluster, whoever has begun them."""
TURN_ENDS = timedelta(minutes=15)
"""What takes longer, perhaps because the cluster hangs, keeps the others away no longer."""
_SOONEST, _SLOWEST = timedelta(seconds=3), timedelta(minutes=1)
_TRIES = 3


class AwaitTurn:
    """The first step: it asks the ledger alone, so a cluster that hangs holds up only its own."""

    name: ClassVar[str] = TURN
    title: ClassVar[str] = "Wait for a turn at the cluster"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """Kind and cluster, by its address: lines may share a cluster."""
        line = _line(run)
        rest = run.services.cluster(line).rest
        return {"line": line, "resource": f"{run.operation.kind} at {rest}"}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it has a turn, or could take one."""
        standing = run.services.ledger.standing(
            run.id, intention.intent["resource"], at_a_time=AT_A_TIME, ends=TURN_ENDS
        )
        if standing == "own":
            return Done({})
        if standing == "free":
            return Absent()
        return Pending(
            f"{AT_A_TIME} others ({run.operation.kind}) are at work on Flink "
            f"{intention.intent['line']}",
            min(max(intention.elapsed / 5, _SOONEST), _SLOWEST),
        )

    def act(self, run: Run, intention: Intention) -> None:
        """Take it. Where another one was quicker, look says so."""
        for _ in range(_TRIES):
            if run.services.ledger.take_shared_turn(
                run.lease, intention.intent["resource"], at_a_time=AT_A_TIME, ends=TURN_ENDS
            ):
                return


def _line(run: Run) -> FlinkLineName:
    deployments = run.services.ledger.deployments(run.job)
    if not deployments:
        raise Rejected(
            f"{run.job} was never deployed",
            still_true="Nothing was changed.",
            next_step="headgate status",
        )
    return deployments[0].line
