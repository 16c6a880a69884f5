"""Prove a savepoint: restore it in a shadow job that publishes nothing, beside the live job."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.declared_one_by_one import declared_by_itself
from headgate.operations.engine.step import Step
from headgate.operations.options import refuse_unknown_options, text
from headgate.operations.proving.choose_savepoint import ChooseSavepoint
from headgate.operations.proving.end_shadow import EndShadow
from headgate.operations.proving.record_proof import RecordProof
from headgate.operations.proving.stage_shadow import StageShadow
from headgate.operations.proving.submit_shadow import SubmitShadow
from headgate.operations.proving.watch_shadow import WatchShadow
from headgate.operations.services import Services


class Prove:
    """choose → stage → submit → watch → end → record_proof.

    A savepoint that is seen to be broken from outside goes from choose to record_proof.
    """

    kind: ClassVar[str] = "prove"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any declared job; `from` names a savepoint, else the first step takes the newest.

        One that is named may be in quarantine: a proof that succeeds lifts it.
        """
        refuse_unknown_options(options, "from")
        named = text(options, "from")
        declared_by_itself(services, job)
        return {"from": named} if named else {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows depends on what is seen of the savepoint."""
        chosen = evidence.get(ChooseSavepoint.name)
        if chosen is None:
            return (ChooseSavepoint(),)
        if chosen["problem"] is not None:
            return (ChooseSavepoint(), RecordProof())
        return (
            ChooseSavepoint(),
            StageShadow(),
            SubmitShadow(),
            WatchShadow(),
            EndShadow(),
            RecordProof(),
        )


OPERATION = Prove()
