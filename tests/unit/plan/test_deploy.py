"""What a deployment does, decided from facts alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from headgate.ids import Digest, FlinkJobId, FlinkLineName, JobName
from headgate.plan.deploy import Deployment, Facts, Refusal, Submission, plan_deployment
from headgate.plan.open_transactions import Transactions
from headgate.plan.restore_point import Snapshot

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPEC, OTHER_SPEC = Digest("spec"), Digest("other spec")
PLAN, OTHER_PLAN = Digest("plan"), Digest("other plan")
FIRST, SECOND, STRANGER = FlinkJobId("first"), FlinkJobId("second"), FlinkJobId("stranger")

NEW = Facts(
    job=JobName("device-minutes"),
    line=FlinkLineName("2.2"),
    spec_digest=SPEC,
    plan_digest=PLAN,
    slots_needed=2,
    slots_available=4,
    submissions=(),
    live=(),
    snapshots=(),
    start_empty=False,
    now=NOON + timedelta(hours=3),
    max_age=timedelta(hours=4),
)


def submission(
    job: FlinkJobId = FIRST,
    *,
    generation: int = 1,
    attempt: int = 1,
    spec: Digest = SPEC,
    plan: Digest | None = PLAN,
    healthy: bool = True,
    line: str = "2.2",
) -> Submission:
    return Submission(job, generation, attempt, FlinkLineName(line), spec, plan, healthy)


def snapshot(job: FlinkJobId = FIRST, *, plan: Digest | None = PLAN, hours: int = 0) -> Snapshot:
    return Snapshot(f"file:/state/{job}/{hours}", job, plan, NOON + timedelta(hours=hours))


def decided(facts: Facts) -> Deployment:
    decision = plan_deployment(facts)
    assert isinstance(decision, Deployment), decision
    return decision


def refused(facts: Facts) -> Refusal:
    decision = plan_deployment(facts)
    assert isinstance(decision, Refusal), decision
    return decision


def test_first_deployment_starts_empty_as_generation_1() -> None:
    decision = decided(NEW)
    assert (decision.action, decision.generation, decision.attempt) == ("start", 1, 1)
    assert decision.restore_from is None


def test_state_without_any_known_deployment_needs_a_person() -> None:
    facts = replace(NEW, unknown_state="file:/state/chk-7")
    assert refused(facts).for_operator
    assert decided(replace(facts, start_empty=True)).restore_from is None


def test_running_as_declared_is_kept() -> None:
    decision = decided(replace(NEW, submissions=[submission()], live=[FIRST], slots_available=0))
    assert decision.action == "keep"


def test_changed_configuration_replaces_the_job_from_its_savepoint() -> None:
    decision = decided(replace(NEW, submissions=[submission(spec=OTHER_SPEC)], live=[FIRST]))
    assert (decision.action, decision.stop, decision.generation) == ("replace", FIRST, 2)
    assert decision.restores_snapshot


def test_restored_state_is_that_of_the_running_job_and_asked_about_before_it_is_stopped() -> None:
    facts = replace(NEW, submissions=[submission(spec=OTHER_SPEC, plan=OTHER_PLAN)], live=[FIRST])
    decision = decided(facts)
    assert (decision.state_of, decision.state_format) == (FIRST, "canonical")
    forced = decided(replace(facts, start_empty=True))
    assert (forced.action, forced.stop, forced.restores_snapshot) == ("replace", FIRST, False)
    assert forced.state_of is None


def test_changed_line_is_an_upgrade_and_refused() -> None:
    facts = replace(NEW, submissions=[submission(line="2.3")], live=[FIRST])
    assert "upgrade" in refused(facts).what


def test_job_that_the_ledger_does_not_know_needs_a_person() -> None:
    assert refused(replace(NEW, live=[STRANGER])).for_operator
    both = replace(NEW, submissions=[submission()], live=[FIRST, STRANGER])
    assert "stranger" in refused(both).what


def test_stopped_job_continues_from_its_savepoint_as_the_next_attempt() -> None:
    decision = decided(replace(NEW, submissions=[submission()], snapshots=[snapshot()]))
    assert (decision.generation, decision.attempt) == (1, 2)
    assert decision.restore_from == snapshot().location


def test_stopped_job_with_changed_spec_is_the_next_generation() -> None:
    facts = replace(NEW, submissions=[submission(spec=OTHER_SPEC)], snapshots=[snapshot()])
    decision = decided(facts)
    assert (decision.generation, decision.attempt) == (2, 1)


def test_newest_snapshot_is_restored() -> None:
    facts = replace(
        NEW, submissions=[submission()], snapshots=[snapshot(hours=2), snapshot(hours=1)]
    )
    assert decided(facts).restore_from == snapshot(hours=2).location


def test_older_snapshot_is_not_restored_in_silence_where_the_end_of_the_job_is_broken() -> None:
    """What was published between the two would be published again."""
    stopped = replace(snapshot(hours=2), problem="its _metadata is cut off", is_end=True)
    facts = replace(NEW, submissions=[submission()], snapshots=[snapshot(hours=1), stopped])
    refusal = refused(facts)
    assert refusal.for_operator
    assert "its _metadata is cut off" in refusal.what
    assert "1 h older" in refusal.what
    assert f"restore {stopped.location} and try again" in refusal.next_step
    assert f"headgate start device-minutes --from {snapshot(hours=1).location}" in refusal.next_step
    assert decided(replace(facts, start_empty=True)).restore_from is None


def test_checkpoint_that_is_broken_is_passed_over_with_a_note() -> None:
    broken = replace(snapshot(hours=2), problem="its _metadata is cut off")
    facts = replace(NEW, submissions=[submission()], snapshots=[snapshot(hours=1), broken])
    decision = decided(facts)
    assert decision.restore_from == snapshot(hours=1).location
    assert f"skipped {broken.location}: its _metadata is cut off" in decision.reason


@pytest.mark.parametrize(("minutes", "is_told"), [(5, False), (10, True)])
def test_results_that_may_be_lost_are_told(*, minutes: int, is_told: bool) -> None:
    transactions = Transactions(timedelta(minutes=10), timedelta(seconds=2))
    left = replace(snapshot(), transactions=transactions)
    now = left.taken_at + timedelta(minutes=minutes)
    decision = decided(replace(NEW, submissions=[submission()], snapshots=[left], now=now))
    assert ("results may be lost" in decision.reason) is is_told


def test_state_that_was_not_found_never_starts_empty() -> None:
    facts = replace(NEW, submissions=[submission()])
    refusal = refused(facts)
    assert refusal.for_operator
    assert "--start-empty" in refusal.next_step
    assert decided(replace(facts, start_empty=True)).restore_from is None


def test_snapshot_older_than_the_last_healthy_deployment_is_not_restored() -> None:
    """Its results since then have been published; they would be published again."""
    facts = replace(
        NEW,
        submissions=[submission(SECOND, attempt=2), submission(FIRST)],
        snapshots=[snapshot(FIRST)],
    )
    assert refused(facts).for_operator


def test_failed_attempt_after_a_healthy_one_continues_from_the_state_of_the_healthy_one() -> None:
    facts = replace(
        NEW,
        submissions=[submission(SECOND, attempt=2, healthy=False), submission(FIRST)],
        snapshots=[snapshot(FIRST)],
    )
    decision = decided(facts)
    assert (decision.attempt, decision.restore_from) == (3, snapshot(FIRST).location)


def test_attempts_that_never_made_a_checkpoint_start_again_without_state() -> None:
    decision = decided(replace(NEW, submissions=[submission(healthy=False)]))
    assert (decision.attempt, decision.restore_from) == (2, None)


def test_attempt_that_was_never_healthy_but_left_a_checkpoint_continues_from_it() -> None:
    facts = replace(NEW, submissions=[submission(healthy=False)], snapshots=[snapshot()])
    assert decided(facts).restore_from == snapshot().location


def test_restored_state_is_that_of_the_snapshot() -> None:
    checkpoint = replace(snapshot(), format="checkpoint")
    decision = decided(replace(NEW, submissions=[submission()], snapshots=[checkpoint]))
    assert (decision.state_of, decision.state_format) == (FIRST, "checkpoint")
    assert decided(NEW).state_of is None


@pytest.mark.parametrize(("free", "fits"), [(2, True), (1, False), (0, False)])
def test_start_needs_free_slots(*, free: int, fits: bool) -> None:
    decision = plan_deployment(replace(NEW, slots_available=free))
    assert isinstance(decision, Deployment) is fits


def test_job_that_finished_outside_of_headgate_is_not_continued_from_anything_older() -> None:
    ended = replace(NEW, submissions=[submission()], snapshots=[snapshot()], has_finished=True)

    refusal = refused(ended)

    assert refusal.for_operator
    assert "has ended as FINISHED" in refusal.what
    assert "headgate recover device-minutes --from" in refusal.next_step
    assert decided(replace(ended, start_empty=True)).restore_from is None
    assert decided(replace(ended, has_finished=False)).restore_from == snapshot().location
