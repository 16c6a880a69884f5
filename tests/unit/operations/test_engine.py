"""Intent before effect, a look before every action, and a resume that makes no second effect."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from harness.offline_services import offline_services
from headgate.clock import Clock
from headgate.errors import Indeterminate, NeedsOperator, Rejected, Unavailable
from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Engine, Event, Waiting
from headgate.operations.engine.step import Absent, Done, Intention, Look, Pending, Run, Step
from headgate.operations.services import Services

JOB = JobName("device-minutes")
ID = OperationId("operation-1")


class Killed(BaseException):
    """Stands for the death of the process: nothing may catch it."""


@dataclass
class World:
    """What is outside: effects that were made, and faults on the way to them."""

    effects: list[str] = field(default_factory=list)
    lose_answer: bool = False
    refuse: bool = False
    unreachable_for: int = 0
    pending_looks: int = 0
    looks: int = 0
    must_remember: bool = False


class ReadOnly:
    name: ClassVar[str] = "plan"
    title: ClassVar[str] = "Plan"
    patience: ClassVar[timedelta] = timedelta(0)

    def __init__(self, world: World) -> None:
        self.world = world

    def intend(self, run: Run) -> Json:
        return {}

    def look(self, run: Run, intention: Intention) -> Look:
        if self.world.unreachable_for:
            raise Unavailable("the server is down")
        return Done({"seen": True})

    def act(self, run: Run, intention: Intention) -> None:
        raise AssertionError("a step that only reads never acts")


class Effect:
    name: ClassVar[str] = "submit"
    title: ClassVar[str] = "Submit"
    patience: ClassVar[timedelta] = timedelta(seconds=60)

    def __init__(self, world: World) -> None:
        self.world = world

    def intend(self, run: Run) -> Json:
        return {"id": f"{run.id}-effect"}

    def look(self, run: Run, intention: Intention) -> Look:
        self.world.looks += 1
        if self.world.unreachable_for and self.world.looks <= self.world.unreachable_for:
            raise Unavailable("the server is down")
        if intention.intent["id"] not in self.world.effects:
            return Absent()
        if self.world.pending_looks:
            self.world.pending_looks -= 1
            return Pending(
                "starting",
                timedelta(seconds=1),
                {"left": self.world.pending_looks},
                must_remember=self.world.must_remember,
            )
        return Done({"id": intention.intent["id"]})

    def act(self, run: Run, intention: Intention) -> None:
        if self.world.refuse:
            raise Rejected("the server says no")
        self.world.effects.append(intention.intent["id"])
        if self.world.lose_answer:
            self.world.lose_answer = False
            raise Indeterminate("no answer came")


class TwoSteps:
    kind: ClassVar[str] = "deploy"

    def __init__(self, world: World, read_only: bool = True) -> None:
        self.world = world
        self.read_only = read_only

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        return [ReadOnly(self.world), Effect(self.world)]


class ManualClock:
    """A clock that only the waits of the engine move."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)
        self.clock = Clock(lambda: self.time, self._seconds, self._sleep)

    def _seconds(self) -> float:
        return self.time.timestamp()

    def _sleep(self, duration: timedelta) -> None:
        self.time += duration


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return offline_services(tmp_path, clock=ManualClock().clock)


def engine(
    services: Services, world: World, listener: Callable[[Event], None] = lambda _event: None
) -> Engine:
    lease = services.ledger.open_operation(
        ID, "deploy", JOB, {}, surface="test", holder="this test"
    )
    return Engine(TwoSteps(world), lease, services, listener)


def test_run_makes_each_effect_once_and_records_the_evidence(services: Services) -> None:
    world = World(pending_looks=3)

    record = engine(services, world).run()

    assert record.state == "succeeded"
    assert world.effects == ["operation-1-effect"]
    assert [step.evidence for step in services.ledger.steps(ID)] == [
        {"seen": True},
        {"id": "operation-1-effect"},
    ]


def test_intent_is_in_the_ledger_before_the_effect(services: Services) -> None:
    world = World()
    seen: list[tuple[str, list[str]]] = []

    def listener(event: Event) -> None:
        if event.phase == "acting":
            intents = [step.intent.get("id", "") for step in services.ledger.steps(ID)]
            seen.append((intents[-1], list(world.effects)))

    engine(services, world, listener).run()

    assert seen == [("operation-1-effect", [])]


@pytest.mark.parametrize("phase", ["intended", "acting", "acted", "pending", "done"])
@pytest.mark.parametrize("step", ["plan", "submit"])
def test_killed_at_any_moment_and_run_again_makes_one_effect(
    services: Services, step: str, phase: str
) -> None:
    world = World(pending_looks=1)

    def die(event: Event) -> None:
        if (event.step, event.phase) == (step, phase):
            raise Killed

    first: BaseException | None = None
    try:
        engine(services, world, die).run()
    except Killed as killed:
        first = killed
    record = engine(services, world).run() if first else services.ledger.operation(ID)

    assert record is not None
    assert record.state == "succeeded"
    assert world.effects == ["operation-1-effect"]


def test_lost_answer_is_resolved_by_looking(services: Services) -> None:
    world = World(lose_answer=True)

    assert engine(services, world).run().state == "succeeded"
    assert world.effects == ["operation-1-effect"]


def test_effect_that_never_shows_is_not_waited_for_without_end(services: Services) -> None:
    class Lost(Effect):
        def act(self, run: Run, intention: Intention) -> None:
            self.world.looks += 1

    class Losing(TwoSteps):
        def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
            return [ReadOnly(World()), Lost(self.world)]

    lease = services.ledger.open_operation(ID, "deploy", JOB, {}, surface="t", holder="t")
    with pytest.raises(Indeterminate, match="does not show"):
        Engine(Losing(World()), lease, services).run()


def test_refusal_ends_the_operation_and_frees_the_job(services: Services) -> None:
    record = engine(services, World(refuse=True)).run()

    assert (record.state, record.reason) == ("failed", "the server says no")
    assert services.ledger.running_operation(JOB) is None


def test_unreachable_before_any_effect_fails_at_once(services: Services) -> None:
    record = engine(services, World(unreachable_for=1)).run()

    assert record.state == "failed"
    assert "the server is down" in record.reason


class OnlyEffect(TwoSteps):
    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        ready = World()
        return [ReadOnly(ready), Effect(self.world)]


def test_unreachable_for_a_while_after_the_first_step_is_waited_for(services: Services) -> None:
    world = World(unreachable_for=5)
    lease = services.ledger.open_operation(ID, "deploy", JOB, {}, surface="t", holder="t")

    record = Engine(OnlyEffect(world), lease, services).run()

    assert record.state == "succeeded"
    assert world.effects == ["operation-1-effect"]


def test_unreachable_beyond_patience_leaves_the_operation_open_to_resume(
    services: Services,
) -> None:
    world = World(unreachable_for=10_000)
    lease = services.ledger.open_operation(ID, "deploy", JOB, {}, surface="t", holder="t")

    with pytest.raises(Unavailable):
        Engine(OnlyEffect(world), lease, services).run()

    assert services.ledger.running_operation(JOB) is not None
    world.unreachable_for = 0
    lease = services.ledger.open_operation(ID, "deploy", JOB, {}, surface="t", holder="t2")
    assert Engine(OnlyEffect(world), lease, services).run().state == "succeeded"


def test_step_that_needs_a_person_ends_as_needs_operator(services: Services) -> None:
    class Ask(Effect):
        def look(self, run: Run, intention: Intention) -> Look:
            raise NeedsOperator("state was not found", next_step="headgate deploy x --start-empty")

    class Asking(TwoSteps):
        def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
            return [ReadOnly(World()), Ask(World())]

    lease = services.ledger.open_operation(ID, "deploy", JOB, {}, surface="t", holder="t")
    record: OperationRecord | Waiting = Engine(Asking(World()), lease, services).advance()

    assert isinstance(record, OperationRecord)
    assert record.state == "needs_operator"
    assert record.next_step == "headgate deploy x --start-empty"


def test_peek_looks_without_acting_or_writing(services: Services) -> None:
    world = World(pending_looks=2)
    waiting = engine(services, world).advance()
    assert isinstance(waiting, Waiting)
    before = services.ledger.steps(ID)

    assert engine(services, world).peek() is not None
    assert [step.progress for step in services.ledger.steps(ID)] == [s.progress for s in before]
    assert engine(services, world).peek() is None
    assert world.effects == ["operation-1-effect"]


def test_peek_hands_over_where_progress_must_be_written(services: Services) -> None:
    """Whoever only looks writes nothing, so such a step would never come any further."""
    world = World(pending_looks=3, must_remember=True)
    engine(services, world).advance()

    assert engine(services, world).peek() is None
