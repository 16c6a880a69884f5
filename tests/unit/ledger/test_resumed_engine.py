"""An operation whose ledger is lost at each of its writes: resumed, there is one effect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from harness.offline_services import offline_services
from harness.postgres import Postgres
from headgate.errors import Indeterminate, Unavailable
from headgate.ids import JobName, OperationId
from headgate.ledger.records import Json, OperationRecord
from headgate.operations.engine.engine import Engine
from headgate.operations.engine.step import Absent, Done, Intention, Look, Run, Step
from headgate.operations.services import Services
from sqlalchemy import Connection, event

JOB, ID = JobName("device-minutes"), OperationId("operation-1")
WRITES = range(1, 8)


@dataclass
class Effect:
    """One effect outside, found by its id."""

    made: list[str]
    number: int
    title: ClassVar[str] = "Submit"
    patience: ClassVar[timedelta] = timedelta(0)
    name: str = field(init=False)  # type: ignore[misc]

    def __post_init__(self) -> None:
        self.name = f"effect-{self.number}"

    def intend(self, run: Run) -> Json:
        return {"id": f"{run.id}-{self.name}"}

    def look(self, run: Run, intention: Intention) -> Look:
        there = intention.intent["id"] in self.made
        return Done({"id": intention.intent["id"]}) if there else Absent()

    def act(self, run: Run, intention: Intention) -> None:
        self.made.append(intention.intent["id"])


@dataclass
class TwoEffects:
    made: list[str]
    kind: ClassVar[str] = "deploy"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        return {}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        return [Effect(self.made, 1), Effect(self.made, 2)]


@pytest.fixture
def services(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    monkeypatch.setenv("TEST_LEDGER_PASSWORD", postgres.password)
    services = offline_services(
        tmp_path,
        ledger=postgres.new_database(),
        ledger_password="env:TEST_LEDGER_PASSWORD",
    )
    yield services
    services.ledger._engine.dispose()


@pytest.mark.parametrize("moment", ["before_cursor_execute", "commit"])
@pytest.mark.parametrize("number", WRITES)
def test_connection_lost_at_each_write_resumed_makes_each_effect_once(
    postgres: Postgres, services: Services, number: int, moment: str
) -> None:
    made: list[str] = []
    remaining = [number]

    def lose(connection: Connection, *arguments: object) -> None:
        writes = moment == "commit" or str(arguments[1]).startswith(("INSERT", "UPDATE"))
        if writes:
            remaining[0] -= 1
            if remaining[0] == 0:
                own = connection.connection.dbapi_connection
                assert own is not None
                postgres.terminate_backend(own.info.backend_pid)

    event.listen(services.ledger._engine, moment, lose)
    with pytest.raises((Unavailable, Indeterminate)):
        run(services, made)
    event.remove(services.ledger._engine, moment, lose)

    resumed = run(services, made)

    assert resumed.state == "succeeded"
    assert made == ["operation-1-effect-1", "operation-1-effect-2"]
    assert [step.state for step in services.ledger.steps(ID)] == ["done", "done"]


def run(services: Services, made: list[str]) -> OperationRecord:
    lease = services.ledger.open_operation(
        ID, "deploy", JOB, {}, surface="test", holder="this test"
    )
    return Engine(TwoEffects(made), lease, services).run()
