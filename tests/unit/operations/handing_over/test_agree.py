"""The instant: remembered before it is given, chosen anew when it is late, lost jobs told apart."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from harness.fake_flink import FakeJob
from harness.two_jobs import BEGAN, Taken, TwoJobs
from headgate.errors import Unavailable
from headgate.operations.engine.phases import FAILED
from headgate.operations.engine.step import Absent, Pending
from headgate.operations.handing_over import agree, side
from headgate.operations.handing_over.agree import Agree
from headgate.operations.handover_bounds import write_bounds
from headgate.plan.handover import CLOSED, OPEN, Bounds

AHEAD = 20_000
SECOND = timedelta(seconds=1)


@pytest.fixture
def step(jobs: TwoJobs) -> Taken:
    return Taken(jobs, Agree(), jobs.run())


def choose(step: Taken) -> int:
    """One look that remembers an instant."""
    looked = step.look()
    assert isinstance(looked, Pending)
    assert looked.must_remember
    return int(step.progress["handover"]["instant"])


def give(step: Taken) -> int:
    """Both are told an instant."""
    instant = choose(step)
    assert isinstance(step.look(), Absent)
    step.act()
    return instant


def blind(job: FakeJob) -> None:
    """Its gates do not see what is written into their file."""
    for gate in job.gates:
        gate.reads = False


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Bounds]]:
    """The files in the order in which they are written."""
    seen: list[tuple[str, Bounds]] = []

    def write(file: Path, bounds: Bounds) -> None:
        seen.append((file.stem, bounds))
        write_bounds(file, bounds)

    monkeypatch.setattr(side, "write_bounds", write)
    return seen


def dies_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies when it has told so many."""
    left = [writes]

    def write(file: Path, bounds: Bounds) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        write_bounds(file, bounds)

    monkeypatch.setattr(side, "write_bounds", write)


def test_instant_is_remembered_before_anybody_is_told(step: Taken, jobs: TwoJobs) -> None:
    assert choose(step) == BEGAN + AHEAD
    assert (jobs.given(jobs.old), jobs.given(jobs.new)) == (OPEN, CLOSED)


def test_nobody_is_told_an_instant_that_is_not_remembered(step: Taken) -> None:
    with pytest.raises(AssertionError, match="remembered before"):
        step.act()


def test_both_gates_split_the_results_at_the_instant(step: Taken, jobs: TwoJobs) -> None:
    instant = give(step)
    assert (jobs.given(jobs.old), jobs.given(jobs.new)) == (Bounds(None, instant), Bounds(instant))
    found = step.done()
    assert (found["instant"], found["doubt"], found.get(FAILED)) == (instant, None, None)
    assert found["old"] == {"flink_job_id": jobs.old.id, "line": "2.3", "gates": 2}
    assert found["new"] == {"flink_job_id": jobs.new.id, "line": "2.2", "gates": 2}


def test_first_job_that_began_beside_another_one_keeps_its_beginning(jobs: TwoJobs) -> None:
    jobs.give(jobs.old, Bounds(after=7))
    jobs.go_on(SECOND)
    step = Taken(jobs, Agree(), jobs.run())
    instant = give(step)
    assert jobs.given(jobs.old) == Bounds(7, instant)
    assert step.done()["instant"] == instant


def test_first_time_the_new_job_is_told_first(
    step: Taken, jobs: TwoJobs, writes: list[tuple[str, Bounds]]
) -> None:
    instant = give(step)
    assert writes == [(jobs.new.id, Bounds(instant)), (jobs.old.id, Bounds(None, instant))]


def test_moved_instant_is_told_to_the_old_job_first(
    step: Taken, jobs: TwoJobs, writes: list[tuple[str, Bounds]]
) -> None:
    blind(jobs.new)
    first = give(step)
    jobs.go_on(timedelta(seconds=15))
    writes.clear()
    later = give(step)
    assert later == first - 5_000 + AHEAD
    assert writes == [(jobs.old.id, Bounds(None, later)), (jobs.new.id, Bounds(later))]


def test_instant_that_is_still_well_ahead_is_given_after_a_death(step: Taken) -> None:
    instant = choose(step)
    step.jobs.go_on(timedelta(seconds=14))
    again = Taken(step.jobs, Agree(), step.run)
    again.progress = step.progress
    assert isinstance(again.look(), Absent)
    again.act()
    assert again.done()["instant"] == instant


def test_instant_that_was_given_to_nobody_and_has_come_near_is_chosen_anew(step: Taken) -> None:
    instant = choose(step)
    step.jobs.go_on(timedelta(seconds=15))
    assert choose(step) == instant + 15_000
    assert (step.jobs.given(step.jobs.old), step.jobs.given(step.jobs.new)) == (OPEN, CLOSED)


def test_death_between_the_two_files_is_made_up_for(
    step: Taken, jobs: TwoJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    instant = choose(step)
    with monkeypatch.context() as patched:
        dies_after(1, patched)
        with pytest.raises(KeyboardInterrupt):
            step.act()
    assert (jobs.given(jobs.old), jobs.given(jobs.new)) == (OPEN, Bounds(instant))
    assert isinstance(step.look(), Absent)
    step.act()
    assert step.done()["instant"] == instant


def test_both_files_that_hold_one_instant_are_judged_by_it_however_late(
    step: Taken, jobs: TwoJobs
) -> None:
    instant = give(step)
    jobs.go_on(timedelta(seconds=60))
    assert step.done()["instant"] == instant


def test_earlier_instant_that_both_hold_is_judged_where_the_later_one_was_not_given(
    step: Taken, jobs: TwoJobs
) -> None:
    blind(jobs.new)
    instant = give(step)
    jobs.go_on(timedelta(seconds=15))
    assert choose(step) > instant
    jobs.go_on(timedelta(seconds=15))
    for gate in jobs.new.gates:
        gate.reads = True
    found = step.done()
    assert found["instant"] == instant
    assert found["lost"] == (instant, instant + 10_000)


@pytest.mark.parametrize(
    ("late", "told"),
    [("old", {"lost": None, "repeated": True}), ("new", {"lost": True, "repeated": None})],
)
def test_gates_that_knew_of_it_too_late_make_it_fail(
    step: Taken, jobs: TwoJobs, late: str, told: dict[str, bool | None]
) -> None:
    job = jobs.old if late == "old" else jobs.new
    blind(job)
    instant = give(step)
    jobs.go_on(timedelta(seconds=21))
    assert "it is not seen yet what" in step.pending()
    for gate in job.gates:
        gate.reads = True
    found = step.done()
    assert f"the {late} job was beyond the instant" in found[FAILED]
    assert found["instant"] == instant
    between = (instant, instant + 1_000)
    assert {name: found[name] and found[name] == between for name in told} == told


def test_jobs_that_are_apart_are_waited_for_until_the_deadline(step: Taken, jobs: TwoJobs) -> None:
    jobs.go_on(timedelta(seconds=11), jobs.old)
    assert step.pending() == "the new job is 11.0 s behind the other one"
    jobs.go_on(timedelta(seconds=50))
    found = step.done()
    assert found[FAILED].startswith("not ready within 60 s: the new job is 11.0 s behind")
    assert found["instant"] is None


def test_deadline_holds_too_where_an_instant_was_remembered_and_given_to_nobody(
    step: Taken, jobs: TwoJobs
) -> None:
    choose(step)
    jobs.new.state = "RESTARTING"
    jobs.go_on(timedelta(seconds=61), jobs.old)
    found = step.done()
    assert found[FAILED] == "not ready within 60 s: the new job is not running"
    assert found["instant"] is None


def gone(jobs: TwoJobs, job: FakeJob) -> None:
    (jobs.first if job is jobs.old else jobs.second).jobs.clear()


def failed(_: TwoJobs, job: FakeJob) -> None:
    job.state = "FAILED"


LOST = pytest.mark.parametrize("lose", [gone, failed])
Lose = Callable[[TwoJobs, FakeJob], None]


@LOST
@pytest.mark.parametrize("is_given", [False, True])
def test_first_job_that_is_lost_is_told_apart(
    step: Taken, jobs: TwoJobs, lose: Lose, is_given: bool
) -> None:
    if is_given:
        give(step)
    lose(jobs, jobs.old)
    found = step.done()
    assert found[FAILED] == "the live job has ended"
    assert found["live_ended"] is True
    assert found["instant"] is None


@LOST
def test_second_job_that_is_lost_before_anything_is_split_is_called_off(
    step: Taken, jobs: TwoJobs, lose: Lose
) -> None:
    lose(jobs, jobs.new)
    found = step.done()
    assert (found[FAILED], found["instant"]) == ("the second job was lost", None)


@LOST
@pytest.mark.parametrize(
    ("seconds", "is_split"),
    [(0, False), (14, False), (15, True), (21, True)],
    ids=["just given", "well ahead", "near", "past"],
)
def test_second_job_that_is_lost_when_the_instant_is_given(
    step: Taken, jobs: TwoJobs, lose: Lose, seconds: int, is_split: bool
) -> None:
    instant = give(step)
    jobs.go_on(timedelta(seconds=seconds), jobs.old)
    lose(jobs, jobs.new)
    found = step.done()
    assert found[FAILED] == "the second job was lost"
    assert found["instant"] == (instant if is_split else None)


def test_lost_second_job_leaves_the_instant_that_the_first_one_was_told(
    step: Taken, jobs: TwoJobs
) -> None:
    blind(jobs.new)
    instant = give(step)
    jobs.go_on(timedelta(seconds=15))
    assert choose(step) > instant, "a later one is remembered, and was given to nobody"
    gone(jobs, jobs.new)
    assert step.done()["instant"] == instant


def test_first_jobs_gates_that_do_not_answer_are_taken_to_be_at_the_instant(
    step: Taken, jobs: TwoJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    instant = give(step)
    gone(jobs, jobs.new)

    def unavailable(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr(side.Side, "view", unavailable)
    assert step.done()["instant"] == instant


def test_cluster_of_the_second_job_may_be_silent_for_40_seconds(step: Taken, jobs: TwoJobs) -> None:
    jobs.second.answers = False
    looked = step.look()
    assert isinstance(looked, Pending)
    assert looked.must_remember
    jobs.go_on(timedelta(seconds=40), jobs.old)
    assert "503" in step.pending()
    jobs.go_on(SECOND, jobs.old)
    assert step.done()[FAILED] == "the second job was lost"


def test_silence_keeps_the_instant(step: Taken, jobs: TwoJobs) -> None:
    instant = give(step)
    jobs.second.answers = False
    step.pending()
    jobs.second.answers = True
    jobs.go_on(SECOND)
    while isinstance(looked := step.look(), Pending):
        jobs.go_on(SECOND)
    assert not isinstance(looked, Absent)
    assert looked.evidence["instant"] == instant


def test_second_silence_counts_from_its_own_beginning(step: Taken, jobs: TwoJobs) -> None:
    jobs.go_on(timedelta(seconds=11), jobs.old)
    jobs.second.answers = False
    step.pending()
    jobs.second.answers = True
    for _ in range(3):
        jobs.go_on(timedelta(seconds=10))
        step.pending()
    jobs.go_on(timedelta(seconds=15))
    jobs.second.answers = False
    assert "503" in step.pending()


def test_second_job_that_stays_away_when_the_instant_has_passed_is_not_waited_for_for_ever(
    step: Taken, jobs: TwoJobs
) -> None:
    instant = give(step)
    blind(jobs.new)
    jobs.new.state = "RESTARTING"
    jobs.go_on(timedelta(seconds=30), jobs.old)
    step.pending()
    jobs.go_on(timedelta(seconds=70), jobs.old)
    found = step.done()
    assert (found["instant"], "new" in found[FAILED]) == (instant, True), found


def test_silent_cluster_of_the_first_job_is_no_loss(step: Taken, jobs: TwoJobs) -> None:
    jobs.first.answers = False
    with pytest.raises(Unavailable):
        step.look()


def test_disk_that_is_full_is_waited_for(step: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(step)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(side, "write_bounds", full)
    with pytest.raises(Unavailable, match="No space left"):
        step.act()


def test_margins_leave_time_to_be_told() -> None:
    assert agree.MARGINS.ahead - agree.MARGINS.guard >= timedelta(seconds=15)
