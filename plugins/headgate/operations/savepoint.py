"""Take a savepoint of a running job, on demand or on schedule; the job goes on."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.cluster_turn import AwaitTurn
from headgate.operations.engine.step import Step
from headgate.operations.options import flag, refuse_unknown_options, text
from headgate.operations.savepointing.record_savepoint import RecordSavepoint
from headgate.operations.savepointing.take_savepoint import TakeSavepoint
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import (
    FindRunning,
    refuse_never_deployed,
    running_deployment,
)
from headgate.spec.load import load_job_alone

FORMATS = ("canonical", "native")
BY_POLICY = "policy"


class Savepoint:
    """turn → find → savepoint → record_savepoint."""

    kind: ClassVar[str] = "savepoint"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The format, from the options or the job's policy, and what the savepoint is for."""
        refuse_unknown_options(options, "format", "scheduled")
        wanted, is_scheduled = text(options, "format") or BY_POLICY, flag(options, "scheduled")
        refuse_never_deployed(services, job)
        if wanted not in (*FORMATS, BY_POLICY):
            raise Rejected(
                f"{wanted!r} is no savepoint format; there are {' and '.join(FORMATS)}",
                still_true="Nothing was changed.",
                next_step=f"headgate savepoint {job} --format canonical",
            )
        if wanted == BY_POLICY:
            declared = load_job_alone(services.project, job)
            wanted = declared.spec.savepoint.format if declared else "canonical"
        return {"format": wanted, "origin": "scheduled" if is_scheduled else "on_demand"}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same four."""
        del evidence
        return (
            AwaitTurn(),
            FindRunning(),
            TakeSavepoint(running_deployment),
            RecordSavepoint(running_deployment),
        )


OPERATION = Savepoint()
