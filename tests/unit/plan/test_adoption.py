"""Which entries a ledger gets back, decided from plain values."""

from dataclasses import replace

import pytest
from headgate.ids import EnvironmentName, FlinkJobId, FlinkLineName, JobName, flink_job_id
from headgate.plan.adoption import (
    Adoption,
    AdoptionFacts,
    CannotAdopt,
    LiveJob,
    State,
    Submitted,
    UnknownSavepoint,
    plan_adoption,
)

JOB = JobName("device-minutes")


def job_id(generation: int, attempt: int = 1) -> FlinkJobId:
    return flink_job_id(EnvironmentName("local"), JOB, generation, attempt)


def submitted(
    generation: int, state: State = "healthy", in_ledger: State | None = None
) -> Submitted:
    return Submitted(job_id(generation), (generation, 1), state, in_ledger)


def live(generation: int, completed: int = 3) -> LiveJob:
    return LiveJob(job_id(generation), FlinkLineName("2.3"), completed)


def savepoint(generation: int, digits: str | None = None) -> UnknownSavepoint:
    beginning = job_id(generation)[:6] if digits is None else digits
    return UnknownSavepoint(f"file:/savepoints/g{generation}/x", generation, beginning)


NOTHING = AdoptionFacts(
    job=JOB,
    submitted=(),
    live=(),
    recognised={job_id(number): (number, 1) for number in range(1, 9)},
    left_checkpoint=(),
    savepoints=(),
    kept_in="/artefacts/device-minutes/deployments",
)


def adopted(facts: AdoptionFacts) -> Adoption:
    decision = plan_adoption(facts)
    assert isinstance(decision, Adoption), decision
    return decision


def refused(facts: AdoptionFacts) -> CannotAdopt:
    decision = plan_adoption(facts)
    assert isinstance(decision, CannotAdopt), decision
    return decision


def test_lost_ledger_gets_every_submission_back_as_it_ended() -> None:
    facts = replace(
        NOTHING,
        submitted=[submitted(3), submitted(2), submitted(1, "intended")],
        live=[live(3)],
        savepoints=[savepoint(2)],
    )

    decision = adopted(facts)

    assert decision.deployments == {
        job_id(3): "healthy",
        job_id(2): "stopped",
        job_id(1): "intended",
    }
    assert decision.savepoints == {savepoint(2).location: job_id(2)}
    assert decision.live == job_id(3)


def test_running_job_that_was_never_seen_healthy_is_so_by_its_checkpoints() -> None:
    facts = replace(NOTHING, submitted=[submitted(1, "intended")], live=[live(1)])
    assert adopted(facts).deployments == {job_id(1): "healthy"}
    assert adopted(replace(facts, live=[live(1, completed=0)])).deployments == {
        job_id(1): "intended"
    }


def test_ended_job_with_a_retained_checkpoint_was_cancelled() -> None:
    facts = replace(
        NOTHING,
        submitted=[submitted(1, "intended")],
        left_checkpoint={job_id(1)},
        savepoints=[savepoint(1)],
    )
    assert adopted(facts).deployments == {job_id(1): "cancelled"}


def test_ended_job_whose_state_is_gone_stays_one_that_has_had_state() -> None:
    """So that no deployment begins empty."""
    assert adopted(replace(NOTHING, submitted=[submitted(1)])).deployments == {job_id(1): "healthy"}


def test_ledger_that_knows_everything_gets_nothing() -> None:
    facts = replace(NOTHING, submitted=[submitted(1, "healthy", "healthy")], live=[live(1)])
    assert adopted(facts).is_empty


def test_submission_that_had_gone_astray_stays_so_whatever_it_left() -> None:
    facts = replace(NOTHING, submitted=[submitted(1, "astray")], left_checkpoint={job_id(1)})
    assert adopted(facts).deployments == {job_id(1): "astray"}


@pytest.mark.parametrize("state", ["stopped", "cancelled", "astray"])
def test_end_that_the_ledger_knows_is_believed(state: State) -> None:
    facts = replace(NOTHING, submitted=[submitted(1, state, state)], left_checkpoint={job_id(1)})
    assert adopted(facts).is_empty


def test_stop_that_an_older_ledger_has_not_seen_is_written() -> None:
    facts = replace(
        NOTHING, submitted=[submitted(1, "healthy", "healthy")], savepoints=[savepoint(1)]
    )
    assert adopted(facts).deployments == {job_id(1): "stopped"}


def test_missing_job_that_the_ledger_knows_is_left_to_recovery() -> None:
    facts = replace(
        NOTHING, submitted=[submitted(1, "healthy", "healthy")], left_checkpoint={job_id(1)}
    )
    assert adopted(facts).is_empty


def test_health_that_an_older_ledger_has_not_seen_is_written() -> None:
    facts = replace(NOTHING, submitted=[submitted(1, "healthy", "intended")], live=[live(1)])
    assert adopted(facts).deployments == {job_id(1): "healthy"}


@pytest.mark.parametrize("digits", ["000000", ""])
def test_savepoint_of_nobody_is_left_alone_with_a_note(digits: str) -> None:
    facts = replace(NOTHING, submitted=[submitted(1)], savepoints=[savepoint(1, digits)])
    decision = adopted(facts)
    assert decision.savepoints == {}
    assert savepoint(1).location in decision.notes[0]


def test_two_live_jobs_need_a_person() -> None:
    refusal = refused(replace(NOTHING, submitted=[submitted(2)], live=[live(1), live(2)]))
    assert "2 Flink jobs" in refusal.what
    assert job_id(1) in refusal.what
    assert "generation 2" in refusal.what


def test_live_job_whose_files_are_gone_needs_a_person() -> None:
    refusal = refused(replace(NOTHING, submitted=[submitted(1)], live=[live(2)]))
    assert NOTHING.kept_in in refusal.what
    assert "--start-empty" in refusal.next_step


def test_live_job_of_another_environment_needs_a_person() -> None:
    stranger = LiveJob(FlinkJobId("f" * 32), FlinkLineName("2.3"), 1)
    refusal = refused(replace(NOTHING, submitted=[submitted(1)], live=[stranger]))
    assert "has not submitted" in refusal.what


def test_live_job_with_a_later_submission_needs_a_person() -> None:
    refusal = refused(replace(NOTHING, submitted=[submitted(1), submitted(2)], live=[live(1)]))
    assert "generation 2 was submitted later" in refusal.what


def test_nothing_at_all_is_refused() -> None:
    assert "nothing of device-minutes was found" in refused(NOTHING).what
