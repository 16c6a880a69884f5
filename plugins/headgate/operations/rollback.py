"""Roll a job back to the version before its last upgrade, as exactly as it can be."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.phases import within
from headgate.operations.engine.step import Run, Step
from headgate.operations.handing_over.hand_over import hand_over_steps, why_called_off
from headgate.operations.options import refuse_unknown_options
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed
from headgate.operations.upgrading.going_back import GoingBack
from headgate.operations.upgrading.hand_back import PlanHandBack, RecordHandBack
from headgate.operations.upgrading.past_upgrades import KIND, evidence_of

HAND_BACK = "hand_back"
_LATEST = 200


class Rollback:
    """hand_back, or back as what follows a failed gate of an upgrade; then outcome."""

    kind: ClassVar[str] = "rollback"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The upgrade that is taken back: the last one, if what runs now came by it."""
        refuse_unknown_options(options)
        refuse_never_deployed(services, job)
        under_way = services.ledger.running_operation(job)
        if under_way is not None and under_way.kind == self.kind:
            # What it has done by now makes what runs look like something else.
            return dict(under_way.request)
        latest = services.ledger.deployments(job)[0]
        if latest.state in ("stopped", "cancelled"):
            raise Rejected(
                f"{job} was {latest.state} on purpose; going back begins with the job that runs",
                still_true="Nothing was changed.",
                next_step=f"headgate start {job}, then headgate rollback {job}",
            )
        return {"upgrade": _last_upgrade(services, job).id}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Handed over again where both versions can run; else, or if that fails, as `GoingBack`."""
        planned = evidence.get(f"{HAND_BACK}.plan")
        back = within(HAND_BACK, (PlanHandBack(_evidence_of_upgrade),))
        if planned is None:
            return back
        if planned["action"] == "hand-over":
            back += hand_over_steps(HAND_BACK, evidence, planned)
            if why_called_off(HAND_BACK, evidence) is None:
                return (*back, RecordHandBack(HAND_BACK))
            if any(step.name not in evidence for step in back):
                return back
        return (*back, *GoingBack(_evidence_of_upgrade).steps(evidence))


def _last_upgrade(services: Services, job: JobName) -> OperationRecord:
    latest = services.ledger.deployments(job)[0]
    for operation in services.ledger.operations(job, _LATEST):
        if _has_gone_back(operation):
            break
        if operation.kind != KIND or operation.state != "succeeded":
            continue
        evidence = evidence_of(services, operation)
        submitted = evidence.get("cut_over.submit")
        if submitted is None:
            continue
        if evidence["plan"]["generation"] == latest.generation:
            return operation
        raise Rejected(
            f"{job} was deployed anew since its last upgrade (operation {operation.id}): what runs "
            "now is not what that upgrade has brought",
            still_true="Nothing was changed.",
            next_step=f"headgate upgrade {job} --to {evidence['plan']['from_line']}",
        )
    raise Rejected(
        f"{job} was never upgraded, or its last upgrade has been rolled back",
        still_true="Nothing was changed.",
        next_step=f"headgate operations --job {job}",
    )


def _has_gone_back(operation: OperationRecord) -> bool:
    is_rollback = operation.kind == Rollback.kind and operation.state == "succeeded"
    return is_rollback or (operation.kind == KIND and operation.state == "rolled_back")


def _evidence_of_upgrade(run: Run) -> Mapping[str, Json]:
    operation = run.services.ledger.operation(OperationId(run.operation.request["upgrade"]))
    if operation is None:
        raise Rejected(f"{run.job}: the upgrade that is to be taken back is not in the ledger")
    return evidence_of(run.services, operation)


OPERATION = Rollback()
