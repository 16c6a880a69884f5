"""First step of a disposal: what the policy no longer keeps. Reads only."""

from datetime import timedelta
from typing import ClassVar

from headgate.operations.declared_one_by_one import declared_by_itself
from headgate.operations.disposing.retained import retention
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run


class ChooseSavepoints(OnlyLooks):
    """Evidence: the locations to dispose of, and those that are kept or set aside, with reasons.

    Decided once: what a resumed disposal finishes is what was decided, though the policy may have
    changed since.
    """

    name: ClassVar[str] = "choose"
    title: ClassVar[str] = "Look what the policy keeps"
    patience: ClassVar[timedelta] = timedelta(0)

    def look(self, run: Run, intention: Intention) -> Look:
        """Decide by the policy as it is declared now. Raises Rejected for an undeclared job."""
        del intention
        policy = declared_by_itself(run.services, run.job).spec.savepoint
        decided = retention(run.services, run.job, policy, run.id)
        return Done(
            {
                "dispose": [savepoint.location for savepoint in decided.dispose],
                "kept": {kept.savepoint.location: kept.reason for kept in decided.kept},
                "quarantined": [savepoint.location for savepoint in decided.quarantined],
                "note": f"{len(decided.dispose)} to dispose of, {len(decided.kept)} kept, "
                f"{len(decided.quarantined)} in quarantine",
            }
        )
