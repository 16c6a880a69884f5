"""Cancel a job: it ends at once, without a savepoint; its retained checkpoint is kept."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.cluster_turn import AwaitTurn
from headgate.operations.ending.cancel_step import CancelJob
from headgate.operations.ending.retained_checkpoint import RecordCancel, RefuseWithoutCheckpoint
from headgate.operations.engine.step import Step
from headgate.operations.options import flag, refuse_unknown_options
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import (
    FindRunning,
    refuse_never_deployed,
    running_deployment,
)


class Cancel:
    """turn → find → check → cancel → record_cancel."""

    kind: ClassVar[str] = "cancel"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Whether it may end although it has no checkpoint to continue from."""
        refuse_never_deployed(services, job)
        refuse_unknown_options(options, "discard_state")
        return {"discard_state": flag(options, "discard_state")}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same five."""
        del evidence
        return (
            AwaitTurn(),
            FindRunning(),
            RefuseWithoutCheckpoint(running_deployment),
            CancelJob(running_deployment),
            RecordCancel(running_deployment),
        )


OPERATION = Cancel()
"""The steps that end a job without a savepoint."""
