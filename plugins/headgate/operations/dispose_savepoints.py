"""Dispose of the savepoints of a job that its policy no longer keeps."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.declared_one_by_one import declared_by_itself
from headgate.operations.disposing.choose_savepoints import ChooseSavepoints
from headgate.operations.disposing.delete_savepoints import DeleteSavepoints
from headgate.operations.disposing.forget_savepoints import ForgetSavepoints
from headgate.operations.disposing.mark_disposing import MarkDisposing
from headgate.operations.engine.step import Step
from headgate.operations.services import Services


class DisposeSavepoints:
    """choose → mark → delete → forget; only choose where all are kept."""

    kind: ClassVar[str] = "dispose_savepoints"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Nothing of the policy: a disposal that was cut off is resumed under any policy."""
        del options
        declared_by_itself(services, job)
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows depends on whether there is anything to dispose of."""
        chosen = evidence.get(ChooseSavepoints.name)
        if chosen is None or not chosen["dispose"]:
            return (ChooseSavepoints(),)
        return (ChooseSavepoints(), MarkDisposing(), DeleteSavepoints(), ForgetSavepoints())


OPERATION = DisposeSavepoints()
