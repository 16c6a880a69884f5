"""Two versions of a job hand over at an instant, on two Flink lines, with records flowing.

There is no operation in this: the clients, the plan that is rewritten and the decisions alone. What
is published in all is compared with what plain Python makes of the same records.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import pytest
from harness.beats import Beats
from harness.faults.judge import Verdict, judge
from harness.faults.published import Published
from harness.own_stack import OwnStack, own_stack
from harness.python_beats import PythonBeats
from harness.sample_project import SampleProject
from harness.side_by_side import PATIENCE, Side, begin_beside, running_side
from harness.waiting import until
from headgate.clients.registry import Registry
from headgate.ids import JobName
from headgate.operations.savepointing.found_savepoint import savepoint_root
from headgate.plan.handover import (
    CLOSED,
    OPEN,
    Agreed,
    Failed,
    Handover,
    Margins,
    Moved,
    choose_instant,
    has_passed,
    may_be_called_off,
    may_be_stopped,
)
from headgate.plan.handover import judge as judge_instant

pytestmark = pytest.mark.slow

MARGINS = Margins(ahead=timedelta(seconds=20), guard=timedelta(seconds=5))


class Stream:
    """One job on a steady stream, and all that was published under its name."""

    def __init__(self, project: SampleProject, kind: type[Beats]) -> None:
        self.project = project
        self.beats = kind(project, f"beats-{uuid4().hex[:6]}", flink="2.2")
        self.name = JobName(self.beats.job)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        self._run("apply", "--yes")
        services = self.project.services
        registered = Registry(services.environment.settings.registry).latest(f"{self.name}-value")
        assert registered is not None
        settings = services.environment.settings.kafka
        self._published = Published(settings, self.name, registered.text)
        with self.beats.beating():
            self._run("deploy", self.name)
            yield

    def _run(self, *command: str) -> None:
        ran = self.project.run(*command, timeout=PATIENCE)
        assert ran.code == 0, ran.out + ran.err

    def side(self) -> Side:
        services = self.project.services
        return running_side(services, services.ledger.deployments(self.name)[0])

    def verdict(self) -> Verdict:
        published = self._published.windows(within=PATIENCE)
        return judge(self.beats.closed_windows(), published)

    def await_windows(self, after: int, count: int) -> None:
        """Until so many windows that end after an instant have been published."""
        until(
            lambda: (
                sum(start + 1000 > after for start, _ in self._published.windows(within=PATIENCE))
                >= count
            ),
            seconds=PATIENCE,
            what=f"{count} windows after {after} are published",
            every=1,
        )


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("handover", "2.2", also="2.3") as running:
        yield running


@pytest.fixture(params=[Beats, PythonBeats], ids=["sql", "python"])
def stream(
    stack: OwnStack, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stream]:
    root = tmp_path_factory.mktemp("handover") / "project"
    project = SampleProject(root, stack.environment, f"handover-{uuid4().hex[:6]}")
    stream = Stream(project, request.param)
    with stream.at_work():
        yield stream
    stream.project.end_all_jobs()


def choose(old: Side, new: Side) -> Handover:
    """An instant, once the second job has caught up."""

    def chosen() -> Handover | None:
        found = choose_instant(old.look(), new.look(), MARGINS)
        return found if isinstance(found, Handover) else None

    found = until(chosen, seconds=PATIENCE, what="both jobs are ready", every=1)
    assert found is not None
    return found


def publish(old: Side, new: Side) -> Handover:
    handover = choose(old, new)
    new.give(handover.of_new)
    old.give(handover.of_old)
    return handover


def agreed_upon(handover: Handover, old: Side, new: Side) -> int:
    """The instant that both have; a machine that stalls may need a later one than the first."""
    agreed: list[int] = []

    def look() -> bool:
        nonlocal handover
        found = judge_instant(handover, old.look(), new.look(), MARGINS)
        assert not isinstance(found, Failed), found
        if isinstance(found, Moved):
            handover = found.to
            old.give(handover.of_old)
            new.give(handover.of_new)
        if isinstance(found, Agreed):
            agreed.append(found.instant)
        return bool(agreed)

    until(look, seconds=PATIENCE, what="both jobs have the instant", every=0.5)
    return agreed[0]


def stop_behind(instant: int, old: Side, folder: str) -> None:
    """Stop the first job when all that it has to publish is committed."""
    until(
        lambda: has_passed(instant, old.look()),
        seconds=PATIENCE,
        what="the first job has passed the instant",
        every=0.5,
    )
    newest = max((one.triggered_at for one in old.picture().history), default=None)
    until(
        lambda: may_be_stopped(
            newest,
            [
                one.triggered_at
                for one in old.picture().history
                if one.state == "completed" and not one.is_savepoint
            ],
        ),
        seconds=PATIENCE,
        what="the first job has committed since",
        every=0.5,
    )
    old.savepoint(folder, stop=True)


def test_every_window_is_published_by_exactly_one_of_two_versions(stream: Stream) -> None:
    """2.2 hands over to 2.3, which hands over to 2.2 again: the way back is the same way."""
    services, job = stream.project.services, stream.name
    old = stream.side()
    old.await_checkpoints(3)
    for line, side in (("2.3", "2"), ("2.2", "3")):
        new = begin_beside(services, job, old, line, side)
        instant = agreed_upon(publish(old, new), old, new)
        stop_behind(instant, old, f"{savepoint_root(services, job)}/stopped-{side}")
        stream.await_windows(instant, 5)
        found = stream.verdict()
        assert found.is_exactly_once, found
        assert found.judged >= 20
        assert new.picture().restarts in (0, None)
        old = new
    old.client.cancel(old.id)


@pytest.mark.parametrize("stream", [Beats], ids=["sql"], indirect=True)
@pytest.mark.parametrize("line", ["2.2", "2.3"])
def test_the_instant_outlives_a_failure_of_either_job(
    stream: Stream, stack: OwnStack, line: str
) -> None:
    """SIGKILL of a TaskManager when the instant is published and not agreed upon."""
    old = stream.side()
    old.await_checkpoints(3)
    new = begin_beside(stream.project.services, stream.name, old, "2.3", "2")
    handover = publish(old, new)
    stack.kill(f"flink-{line}-taskmanager")
    instant = agreed_upon(handover, old, new)
    stop_behind(instant, old, f"{savepoint_root(stream.project.services, stream.name)}/stopped")
    stream.await_windows(instant, 5)
    found = stream.verdict()
    assert found.is_exactly_once, found
    failed = old if line == "2.2" else new
    assert failed.picture().failed_at or failed.picture().restarts
    new.client.cancel(new.id)


def test_a_hand_over_that_is_called_off_leaves_no_trace(stream: Stream) -> None:
    """The first job goes on alone; the second one has published nothing at all."""
    old = stream.side()
    old.await_checkpoints(3)
    new = begin_beside(stream.project.services, stream.name, old, "2.3", "2")
    handover = publish(old, new)
    assert may_be_called_off(handover.instant, old.look(), new.look(), MARGINS)
    old.give(OPEN)
    new.give(CLOSED)
    until(
        lambda: all((gate.after, gate.until) == (-(2**63), 2**63 - 1) for gate in old.look().gates),
        seconds=PATIENCE,
        what="the first job's gates are open",
        every=0.5,
    )
    until(
        lambda: has_passed(handover.instant, new.look()),
        seconds=PATIENCE,
        what="the second job has passed the instant",
        every=1,
    )
    new.client.cancel(new.id)
    stream.await_windows(handover.instant, 5)
    found = stream.verdict()
    assert found.is_exactly_once, found
    assert old.picture().restarts in (0, None)
