"""What a deployment restores by itself of a job that has ended: nothing that is old."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName
from headgate.plan.deploy import Deployment, Facts, Refusal, Submission, plan_deployment
from headgate.plan.snapshot import Snapshot

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
FIRST = FlinkJobId("first")
SCHEDULED = Snapshot("file:/state/nine", FIRST, Digest("plan"), NOON - timedelta(hours=3))
ENDED = Facts(
    job=JobName("device-minutes"),
    line=FlinkLineName("2.2"),
    spec_digest=Digest("spec"),
    plan_digest=Digest("plan"),
    slots_needed=2,
    slots_available=4,
    submissions=[
        Submission(
            FIRST, 1, 1, FlinkLineName("2.2"), Digest("spec"), Digest("plan"), was_healthy=True
        )
    ],
    live=(),
    snapshots=[SCHEDULED],
    start_empty=False,
    now=NOON,
    max_age=timedelta(hours=1),
)


def test_old_snapshot_of_a_job_that_flink_has_forgotten_needs_a_person() -> None:
    """It was stopped outside at noon: its checkpoints are gone, three hours would be repeated."""
    refusal = plan_deployment(ENDED)

    assert isinstance(refusal, Refusal)
    assert refusal.for_operator
    assert "3 h old" in refusal.what
    assert SCHEDULED.location in refusal.what
    assert refusal.next_step == "headgate deploy device-minutes --accept-age"


@pytest.mark.parametrize(
    "facts",
    [
        replace(ENDED, accept_age=True),
        replace(ENDED, max_age=timedelta(hours=4)),
        replace(ENDED, snapshots=[replace(SCHEDULED, is_end=True)]),
        replace(ENDED, snapshots=[replace(SCHEDULED, taken_at=NOON - timedelta(minutes=59))]),
    ],
    ids=["accepted", "younger than max_age says", "it ended with it", "young"],
)
def test_continues_where(facts: Facts) -> None:
    decision = plan_deployment(facts)
    assert isinstance(decision, Deployment)
    assert decision.restore_from == SCHEDULED.location


def test_age_is_no_matter_to_a_job_that_gives_its_state_up() -> None:
    decision = plan_deployment(replace(ENDED, start_empty=True))
    assert isinstance(decision, Deployment)
    assert decision.restore_from is None


def test_checkpoints_that_were_being_written_are_told() -> None:
    refusal = plan_deployment(replace(ENDED, unfinished=["file:/state/chk-9"]))
    assert isinstance(refusal, Refusal)
    assert "skipped file:/state/chk-9: it has no _metadata" in refusal.what


def test_drained_job_is_not_deployed_again_from_its_last_savepoint() -> None:
    drained = replace(SCHEDULED, drained=True, is_end=True)
    refusal = plan_deployment(replace(ENDED, snapshots=[drained]))
    assert isinstance(refusal, Refusal)
    assert "--drain" in refusal.what
