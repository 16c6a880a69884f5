"""Retention, and 24 hours of scheduled savepoints compared with a model that knows no algorithm."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from headgate.plan.savepoint_schedule import Due, savepoint_due
from headgate.plan.snapshot_retention import (
    Retention,
    Rule,
    Savepoint,
    newest_first,
    retention_of,
)
from headgate.spec.job import SavepointPolicy
from hypothesis import given, settings
from hypothesis import strategies as st

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(minutes=5)
DAY = timedelta(hours=24)


def savepoint(hours_ago: float, **changes: object) -> Savepoint:
    taken = Savepoint(f"/s/{hours_ago}", NOON - timedelta(hours=hours_ago))
    return replace(taken, **changes)  # type: ignore[arg-type]


def decide(
    taken: list[Savepoint], rule: Rule, now: datetime = NOON, in_use: frozenset[str] = frozenset()
) -> Retention:
    """Where the files of all are whole."""
    good = next((one.location for one in newest_first(taken) if not one.drained), None)
    return retention_of(taken, rule, now=now, in_use=in_use, newest_good=good)


def disposed(retention: Retention) -> list[str]:
    return [savepoint.location for savepoint in retention.dispose]


def test_more_than_keep_go_oldest_first() -> None:
    taken = [savepoint(hours) for hours in (3, 1, 2, 4)]

    decided = decide(taken, Rule(keep=2))

    assert disposed(decided) == ["/s/4", "/s/3"]
    assert [kept.reason for kept in decided.kept] == ["the newest good one", "within the policy"]


def test_too_old_ones_go_but_never_the_newest() -> None:
    taken = [savepoint(hours) for hours in (30, 40, 50)]

    decided = decide(taken, Rule(9, timedelta(hours=24)))

    assert disposed(decided) == ["/s/50", "/s/40"]


def test_newest_good_one_is_not_a_quarantined_one() -> None:
    taken = [savepoint(1, state="quarantined"), savepoint(30), savepoint(40)]

    decided = decide(taken, Rule(1, timedelta(hours=24)))

    assert disposed(decided) == ["/s/40"]
    assert [one.location for one in decided.quarantined] == ["/s/1"]


def test_pinned_ones_stay_and_do_not_count() -> None:
    taken = [savepoint(1, pinned=True), savepoint(2), savepoint(3), savepoint(99, pinned=True)]

    decided = decide(taken, Rule(1))

    assert disposed(decided) == ["/s/3"]


def test_one_in_use_stays_however_it_is_spelled() -> None:
    taken = [savepoint(1), savepoint(2), savepoint(3)]

    decided = decide(taken, Rule(1), in_use=frozenset({"file:/s/2/"}))

    assert disposed(decided) == ["/s/3"]


def test_disposal_that_has_begun_is_finished_even_if_it_would_be_kept_now() -> None:
    taken = [savepoint(1, state="disposing"), savepoint(2)]

    decided = decide(taken, Rule(9), in_use=frozenset({"/s/1"}))

    assert disposed(decided) == ["/s/1"]


def test_newest_good_one_is_not_a_drained_one() -> None:
    taken = [savepoint(1, drained=True), savepoint(30), savepoint(40)]

    decided = decide(taken, Rule(1, timedelta(hours=24)))

    assert disposed(decided) == ["/s/40"]
    assert [(kept.savepoint.location, kept.reason) for kept in decided.kept] == [
        ("/s/1", "within the policy"),
        ("/s/30", "the newest good one"),
    ]


def test_newest_good_one_is_one_that_was_seen_to_be_whole() -> None:
    taken = [savepoint(1), savepoint(2), savepoint(3), savepoint(4)]

    decided = retention_of(taken, Rule(2), now=NOON, in_use=frozenset(), newest_good="/s/3")

    assert disposed(decided) == ["/s/4"]


def test_nothing_more_goes_while_no_good_one_is_there() -> None:
    """As when the storage is not mounted: then every `_metadata` is missing."""
    taken = [savepoint(1), savepoint(2), savepoint(3, state="disposing")]

    decided = retention_of(taken, Rule(1), now=NOON, in_use=frozenset(), newest_good=None)

    assert disposed(decided) == ["/s/3"]
    assert [kept.reason for kept in decided.kept] == ["within the policy", "no good one is there"]


def test_later_submission_is_newer_although_a_clock_was_wrong() -> None:
    taken = [savepoint(1, submission=(1, 1)), savepoint(2, submission=(1, 2)), savepoint(3)]

    decided = decide(taken, Rule(1))

    assert [kept.savepoint.location for kept in decided.kept] == ["/s/2"]


# --- 24 simulated hours --------------------------------------------------------------------------

Happening = Literal["nothing", "by hand", "unhealthy", "pin", "unpin", "corrupt", "restored"]


@dataclass
class Taken:
    """A savepoint of the model: everything that has happened to it, nothing decided."""

    number: int
    minute: int
    pinned: bool = False
    corrupt: bool = False
    in_use: bool = False


@dataclass
class World:
    """What is in the ledger of the simulation, as savepoints by number."""

    taken: dict[int, Taken] = field(default_factory=dict)
    count: int = 0

    def take(self, minute: int) -> None:
        self.taken[self.count] = Taken(self.count, minute)
        self.count += 1

    def records(self) -> list[Savepoint]:
        return [
            Savepoint(
                str(one.number),
                NOON + timedelta(minutes=one.minute),
                "quarantined" if one.corrupt else "whole",
                one.pinned,
            )
            for one in self.taken.values()
        ]

    def in_use(self) -> frozenset[str]:
        return frozenset(str(one.number) for one in self.taken.values() if one.in_use)


def model_keeps(world: World, keep: int, max_age: int | None, minute: int) -> set[int]:
    """The policy, sentence by sentence, each asked of one savepoint alone."""
    good = [one for one in world.taken.values() if not one.corrupt]
    kept = {one.number for one in world.taken.values() if one.corrupt}
    for one in good:
        nothing_good_is_newer = all(other.number <= one.number for other in good)
        as_new = sum(1 for other in good if not other.pinned and other.number >= one.number)
        is_young = max_age is None or minute - one.minute <= max_age
        if nothing_good_is_newer or one.pinned or one.in_use or (as_new <= keep and is_young):
            kept.add(one.number)
    return kept


def model_is_due(every: int | None, hours: set[int], last: int, minute: int) -> bool:
    """Minute by minute: has one of the times come since the last savepoint?"""
    if every is not None:
        return minute - last >= every
    noon = 12 * 60
    return any((noon + m) % 60 == 0 and ((noon + m) // 60) % 24 in hours
               for m in range(last + 1, minute + 1))  # fmt: skip


@given(
    every=st.one_of(st.none(), st.integers(2, 80).map(lambda n: n * 5)),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=12),
    keep=st.integers(1, 6),
    max_age=st.one_of(st.none(), st.integers(30, 1200)),
    happenings=st.lists(
        st.tuples(
            st.integers(0, DAY // TICK),
            st.sampled_from(
                ["by hand", "unhealthy", "pin", "unpin", "corrupt", "restored", "free"]
            ),
            st.integers(0, 5),
        ),
        max_size=40,
    ),
)
@settings(max_examples=60, deadline=None)
def test_24_hours_of_savepoints_keep_what_the_policy_says_at_every_moment(
    every: int | None,
    hours: set[int],
    keep: int,
    max_age: int | None,
    happenings: list[tuple[int, str, int]],
) -> None:
    cron = f"0 {','.join(map(str, sorted(hours)))} * * *"
    policy = SavepointPolicy(
        every=None if every is None else timedelta(minutes=every),
        cron=None if every is not None else cron,
        keep=keep,
        max_age=None if max_age is None else timedelta(minutes=max_age),
    )
    world = World()
    for tick in range(DAY // TICK + 1):
        minute = tick * 5
        now = NOON + timedelta(minutes=minute)
        what = [(kind, which) for at, kind, which in happenings if at == tick]
        for kind, which in what:
            happen(world, kind, which, minute)

        whole = [one for one in world.records() if one.state == "whole"]
        last = max((one.taken_at for one in whole), default=NOON)
        last_minute = (last - NOON) // timedelta(minutes=1)
        is_due = isinstance(savepoint_due(policy, last, now), Due)
        assert is_due == model_is_due(every, hours, last_minute, minute)
        if is_due and ("unhealthy", 0) not in [(kind, 0) for kind, _ in what]:
            world.take(minute)

        expected = model_keeps(world, keep, max_age, minute)
        decided = decide(
            world.records(), Rule(policy.keep, policy.max_age), now=now, in_use=world.in_use()
        )
        for gone in decided.dispose:
            del world.taken[int(gone.location)]
        assert set(world.taken) == expected
        assert {int(one.savepoint.location) for one in decided.kept} | {
            int(one.location) for one in decided.quarantined
        } == expected


def happen(world: World, kind: str, which: int, minute: int) -> None:
    """What people and faults do to the savepoints that are there."""
    if kind == "by hand":
        world.take(minute)
    if not world.taken:
        return
    one = sorted(world.taken.values(), key=lambda taken: -taken.number)[which % len(world.taken)]
    match kind:
        case "pin" | "unpin":
            one.pinned = kind == "pin"
        case "corrupt":
            one.corrupt = True
        case "restored" | "free":
            one.in_use = kind == "restored"
