"""What a rollback says of itself, and whether what is published agrees with it."""

from headgate.ledger.records import OperationRecord
from headgate.plan.rolled_back import RolledBack, rolled_back_of

from harness.faults.live_job import LiveJob
from harness.waiting import until


def outcome_of(job: LiveJob, operation: OperationRecord) -> RolledBack:
    """Of an operation that must have been rolled back."""
    assert operation.state == "rolled_back", operation
    return rolled_back_of(job.evidence(operation, "outcome"))


def assert_repeats_only_what_is_told(job: LiveJob, found: RolledBack) -> None:
    """No window is lost, wrong or early; those that are repeated lie between the two offsets."""
    verdict = job.verdict()
    assert (verdict.lost, verdict.wrong, verdict.early) == ([], [], []), verdict
    repeated = set(verdict.repeated)
    if found.exact:
        assert repeated == set()
        return
    first, last = (
        offsets[job.name][0] for offsets in (found.repeated_from_offsets, found.repeated_to_offsets)
    )
    told = {start for offset, start in job.offsets_of_windows() if first <= offset < last}
    assert repeated <= told
    until(lambda: set(job.verdict().repeated) <= told, seconds=10, what="nothing else is repeated")
    job.forgive(told)
