"""The same step in several phases, and steps whose failure later steps go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from harness.offline_project import SetClock
from harness.offline_services import offline_services
from headgate.errors import NeedsOperator, Rejected, Unavailable
from headgate.ids import JobName
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Engine
from headgate.operations.engine.phases import LastWay, Tried, Within, why_failed
from headgate.operations.engine.step import Absent, Done, End, Intention, Look, Pending, Run, Step
from headgate.operations.services import Services

JOB = JobName("device-minutes")
LIMIT = timedelta(seconds=20)


@dataclass
class World:
    effects: list[str] = field(default_factory=list)
    refuses: bool = False
    look_refuses: bool = False
    is_down: bool = False
    never_done: bool = False
    seen: list[Mapping[str, Json]] = field(default_factory=list)


@dataclass(frozen=True)
class Effect:
    world: World

    name: ClassVar[str] = "effect"
    title: ClassVar[str] = "Effect"
    patience: ClassVar[timedelta] = timedelta(minutes=5)

    def intend(self, run: Run) -> Json:
        return {"id": run.scope}

    def look(self, run: Run, intention: Intention) -> Look:
        self.world.seen.append(run.evidence)
        if self.world.is_down:
            raise Unavailable("the server is down")
        if self.world.look_refuses:
            raise Rejected("it has failed")
        if self.world.never_done:
            return Pending("still at it")
        if intention.intent["id"] in self.world.effects:
            return Done({"id": intention.intent["id"]})
        return Absent()

    def act(self, run: Run, intention: Intention) -> None:
        if self.world.refuses:
            raise Rejected("no")
        self.world.effects.append(intention.intent["id"])


@dataclass(frozen=True)
class Steps:
    given: Sequence[Step]

    kind: ClassVar[str] = "several"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        return self.given

    def end(self, evidence: Mapping[str, Json]) -> End:
        failed = [why for step in self.given if (why := why_failed(evidence, step.name))]
        return End("rolled_back", "; ".join(failed)) if failed else End()


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return offline_services(tmp_path, clock=SetClock().clock)


def run(services: Services, *steps: Step) -> OperationRecord:
    from headgate.ids import OperationId

    lease = services.ledger.open_operation(
        OperationId("o"), "several", JOB, {}, surface="t", holder="t"
    )
    return Engine(Steps(steps), lease, services).run()


def test_each_phase_has_ids_of_its_own(services: Services) -> None:
    world = World()
    ended = run(services, Within("one", Effect(world)), Within("two", Effect(world)))

    assert ended.state == "succeeded"
    assert world.effects == ["o-one", "o-two"]
    assert [step.name for step in services.ledger.steps(ended.id)] == ["one.effect", "two.effect"]


def test_phase_finds_its_own_evidence_before_that_of_the_operation(services: Services) -> None:
    world = World()
    run(services, Effect(world), Within("one", Effect(world)), Within("one", _Later(world)))

    last = world.seen[-1]
    assert last["effect"]["id"] == "o-one"
    assert last["one.effect"]["id"] == "o-one"


class _Later(Effect):
    name: ClassVar[str] = "later"


@pytest.mark.parametrize(
    ("world", "words"),
    [
        (World(refuses=True), "no"),
        (World(look_refuses=True), "it has failed"),
        (World(is_down=True), "the server is down"),
        (World(never_done=True), "not within 20 s: still at it"),
    ],
)
def test_failure_of_what_is_tried_is_evidence(services: Services, world: World, words: str) -> None:
    ended = run(services, Tried(Effect(world), LIMIT))

    assert (ended.state, ended.reason) == ("rolled_back", words)
    (step,) = services.ledger.steps(ended.id)
    assert step.evidence["id"] == "o", "what was intended is known to later steps"


def test_what_is_tried_and_succeeds_is_as_it_would_be(services: Services) -> None:
    ended = run(services, Within("one", Tried(Effect(World()), LIMIT)))
    assert ended.state == "succeeded"


@pytest.mark.parametrize("world", [World(refuses=True), World(look_refuses=True)])
def test_refusal_of_the_last_way_needs_a_person(services: Services, world: World) -> None:
    ended = run(services, LastWay(Effect(world), "all is there", "headgate start"))

    assert ended.state == "needs_operator"
    assert "all is there" in ended.reason
    assert ended.next_step == "headgate start"


def test_refusal_that_speaks_of_our_own_effect_is_no_failure(services: Services) -> None:
    class Twice(Effect):
        def act(self, run: Run, intention: Intention) -> None:
            super().act(run, intention)
            raise Rejected("it exists already")

    tried = Within("one", Tried(Twice(World()), LIMIT))
    last = Within("two", LastWay(Twice(World()), "", ""))
    assert run(services, tried, last).state == "succeeded"


def test_needs_operator_passes_through(services: Services) -> None:
    class Person(Effect):
        def look(self, run: Run, intention: Intention) -> Look:
            raise NeedsOperator("a person")

    assert run(services, LastWay(Person(World()), "", "")).state == "needs_operator"
