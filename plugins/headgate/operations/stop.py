"""Stop a job with a savepoint: no result is lost, and the next deployment continues from it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.cluster_turn import AwaitTurn
from headgate.operations.engine.step import Step
from headgate.operations.options import flag, refuse_unknown_options
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import (
    FindRunning,
    refuse_never_deployed,
    running_deployment,
)
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint

DRAIN_MEANS = (
    "Draining is for good: every open window and pending timer fires, and is published with what "
    "it holds so far. A job that goes on from this savepoint would publish those windows a second "
    "time, with what comes later; nothing restores it unless it is named."
)


class Stop:
    """turn → find → stop → record."""

    kind: ClassVar[str] = "stop"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any job that was ever deployed, declared or no longer; `drain` flushes its windows."""
        refuse_unknown_options(options, "drain")
        drain = flag(options, "drain")
        refuse_never_deployed(services, job)
        return {"drain": True} if drain else {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same four."""
        del evidence
        return (
            AwaitTurn(),
            FindRunning(),
            StopWithSavepoint(running_deployment),
            RecordStop(running_deployment),
        )


OPERATION = Stop()
