"""Delete the retained checkpoints of submissions that nothing goes back to any more."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from headgate.ids import JobName
from headgate.ledger.records import Json
from headgate.operations.disposing.choose_checkpoints import ChooseCheckpoints
from headgate.operations.disposing.delete_checkpoints import DeleteCheckpoints
from headgate.operations.disposing.forget_savepoints import ForgetSavepoints
from headgate.operations.disposing.mark_disposing import MarkDisposing
from headgate.operations.engine.step import Step
from headgate.operations.options import refuse_unknown_options
from headgate.operations.services import Services
from headgate.operations.stopping.find_running import refuse_never_deployed


class DisposeCheckpoints:
    """choose → mark → delete → forget; only choose where all are kept."""

    kind: ClassVar[str] = "dispose_checkpoints"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """Any job that was ever deployed, declared or no longer."""
        refuse_unknown_options(options)
        refuse_never_deployed(services, job)
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """What follows depends on whether there is anything to delete."""
        chosen = evidence.get(ChooseCheckpoints.name)
        if chosen is None or not chosen["folders"]:
            return (ChooseCheckpoints(),)
        return (ChooseCheckpoints(), MarkDisposing(), DeleteCheckpoints(), ForgetSavepoints())


OPERATION = DisposeCheckpoints()
