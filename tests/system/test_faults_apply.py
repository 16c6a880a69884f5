"""Schemas and topics applied through a registry that stumbles, and by two processes at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from harness.own_stack import OwnStack, own_stack
from harness.proxy import Proxy
from harness.sample_project import SampleProject
from headgate.clients.registry import Registry
from headgate.ids import TopicName

pytestmark = pytest.mark.slow

LINE = "2.3"
PATIENCE = 300.0
REGISTRATION = "/subjects/.*/versions$"
APPLY = ("apply", "--yes")


@pytest.fixture(scope="module")
def stack() -> Iterator[OwnStack]:
    with own_stack("said", LINE) as stack:
        yield stack


class Contracts:
    """A project with one topic that nobody has applied yet."""

    def __init__(self, project: SampleProject) -> None:
        self.project = project
        self.topic = TopicName(f"gauge-{uuid4().hex[:8]}")
        project.topic(self.topic, [("value", "double")], partitioning="none")
        self.settings = project.services.environment.settings

    @contextmanager
    def through_proxy(self) -> Iterator[Proxy]:
        """Commands reach the registry through it until the block ends."""
        address = self.settings.registry
        parts = urlsplit(address.url)
        proxy = Proxy(f"http://{parts.netloc}")
        url = f"{proxy.address}{parts.path}"
        self.project.use(registry=address.model_copy(update={"url": url}))
        try:
            yield proxy
        finally:
            self.project.use()
            proxy.close()

    def assert_applied_once(self, partitions: int = 1) -> None:
        """One version, one topic, and nothing left to do."""
        versions = Registry(self.settings.registry).versions(f"{self.topic}-value")
        assert versions == (1,)
        there = self.project.services.kafka.topics([self.topic])
        assert there[self.topic].partitions == partitions
        planned = self.project.run("plan")
        assert planned.code == 0, planned.out + planned.err


@pytest.fixture
def contracts(stack: OwnStack, tmp_path_factory: pytest.TempPathFactory) -> Contracts:
    root = tmp_path_factory.mktemp("apply") / "project"
    return Contracts(SampleProject(root, stack.environment, f"apply-{uuid4().hex[:6]}"))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_apply__bad_gateway_then_well(
    contracts: Contracts, method: Literal["GET", "POST", "PUT"]
) -> None:
    """Step: the registry answers 502 to a look, to a registration, or to the setting of a level;
    then apply again.

    Expected: the first apply names the registry and what was not done, and creates no topic; the
    second makes what is left, once.
    """
    path = REGISTRATION if method == "POST" else "/(config|subjects)/"
    with contracts.through_proxy() as proxy:
        proxy.spoil(method, path, ["502"])
        first = contracts.project.run(*APPLY)
        assert proxy.left_to_spoil == 0, first

    assert first.code == 1, first.out + first.err
    assert "502" in first.out + first.err
    assert "schema registry at" in first.out + first.err
    assert "Traceback" not in first.err
    assert contracts.topic not in contracts.project.services.kafka.topics([contracts.topic])
    again = contracts.project.run(*APPLY)
    assert again.code == 0, again.out + again.err
    contracts.assert_applied_once()


def test_apply__answers_slow_the_registration_arrives_later(contracts: Contracts) -> None:
    """Step: a registration is on its way for longer than the client waits, and arrives when apply
    has ended; then apply again.

    Expected: the first apply says that the call may have taken effect, and creates no topic; the
    second finds the schema and makes the topic: one version.
    """
    with contracts.through_proxy() as proxy, proxy.holding("POST", REGISTRATION, "late") as hold:
        first = contracts.project.run(*APPLY)
        assert hold.reached.is_set(), first

    assert first.code == 1, first.out + first.err
    assert "did not answer in time" in first.out + first.err
    again = contracts.project.run(*APPLY)
    assert again.code == 0, again.out + again.err
    contracts.assert_applied_once()


def test_apply__answer_lost_is_made_up_for_by_looking(contracts: Contracts) -> None:
    """Step: the schema is registered and the answer lost. Expected: apply looks, finds it, and
    goes on to the topic: one version.
    """
    with contracts.through_proxy() as proxy:
        proxy.spoil("POST", REGISTRATION, ["lost"])
        applied = contracts.project.run(*APPLY)
        assert proxy.left_to_spoil == 0, applied

    assert applied.code == 0, applied.out + applied.err
    contracts.assert_applied_once()


def test_apply__two_at_once(contracts: Contracts) -> None:
    """Step: the same apply in two processes at the same time, twice over: what is declared anew,
    then what has changed.

    Expected: each ends well, or says that something changed since its plan or is there already;
    one version, one topic, with the partitions of the change.
    """
    for partitions in (1, 3):
        contracts.project.topic(
            contracts.topic, [("value", "double")], partitioning="none", partitions=partitions
        )
        processes = [contracts.project.start(*APPLY) for _ in range(2)]
        said = [process.communicate(timeout=PATIENCE)[0] for process in processes]

        for process, text in zip(processes, said, strict=True):
            stale = "changed since the plan was made" in text or "exists already" in text
            assert process.returncode == 0 or (process.returncode == 1 and stale), said
            assert "Traceback" not in text
        assert 0 in [process.returncode for process in processes], said
        contracts.assert_applied_once(partitions)


def test_apply__frozen_attempt_wakes_up_after_its_successor(contracts: Contracts) -> None:
    """Step: SIGSTOP of apply while a registration is on its way, a second apply finishes, the
    registration arrives, SIGCONT.

    Expected: one version and one topic, as the second has made them; the late one ends well, or
    says that the topic is there already.
    """
    with contracts.through_proxy() as proxy:
        late = contracts.project.start(*APPLY)
        try:
            with proxy.holding("POST", REGISTRATION, "late") as hold:
                assert hold.reached.wait(timeout=PATIENCE)
                late.send_signal(signal.SIGSTOP)
                contracts.project.use()
                applied = contracts.project.run(*APPLY)
                assert applied.code == 0, applied.out + applied.err
            late.send_signal(signal.SIGCONT)
            said = late.communicate(timeout=PATIENCE)[0]
        finally:
            late.kill()

    assert late.returncode == 0 or "exists already" in said, said
    assert "Traceback" not in said
    contracts.assert_applied_once()
