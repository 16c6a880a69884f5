"""Giving up an open operation: whose process is alive, what is written, what is refused."""

import os
import socket
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from harness.offline_services import offline_services
from headgate.errors import Rejected
from headgate.ids import JobName, OperationId
from headgate.ledger.errors import Ended, Superseded
from headgate.ledger.records import LeaseRecord
from headgate.operations.abandon import abandon
from headgate.operations.lease_holder import whereabouts
from headgate.operations.open_operation import find_operation, whole_operation
from headgate.operations.services import Services

JOB, ID = JobName("device-minutes"), OperationId("operation-1")


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return offline_services(tmp_path)


def opened(services: Services, holder: str) -> LeaseRecord:
    return services.ledger.open_operation(ID, "deploy", JOB, {}, surface="test", holder=holder)


def ended_process() -> str:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(30)
    return f"{socket.gethostname()}:{process.pid}"


def held_by(holder: str, taken_at: datetime) -> LeaseRecord:
    return LeaseRecord(JOB, ID, 1, holder, taken_at)


def test_holder_is_looked_for_on_its_own_host_only() -> None:
    now, this = datetime.now(UTC), f"{socket.gethostname()}:{os.getpid()}"
    assert whereabouts(held_by(this, now)) == "alive"
    assert whereabouts(held_by(ended_process(), now)) == "gone"
    assert whereabouts(held_by(f"another-host:{os.getpid()}", now)) == "elsewhere"
    assert whereabouts(held_by("written by hand", now)) == "elsewhere"


def test_process_that_began_after_the_taking_is_another_one() -> None:
    long_ago = datetime.now(UTC) - timedelta(days=1)
    assert whereabouts(held_by(f"{socket.gethostname()}:{os.getpid()}", long_ago)) == "gone"


def test_abandoned_operation_ends_as_failed_and_frees_its_job(services: Services) -> None:
    former = opened(services, ended_process())
    whole = whole_operation(services.ledger, find_operation(services.ledger, ID))

    ended = abandon(services, whole, "somebody@somewhere")

    assert (ended.state, ended.reason) == ("failed", "abandoned by somebody@somewhere")
    assert services.ledger.running_operation(JOB) is None
    with pytest.raises(Superseded):
        services.ledger.note_progress(former, "submit", {})
    services.ledger.open_operation(
        OperationId("next"), "stop", JOB, {}, surface="test", holder="test"
    )


def test_operation_whose_process_is_alive_is_not_abandoned(services: Services) -> None:
    opened(services, f"{socket.gethostname()}:{os.getpid()}")
    whole = whole_operation(services.ledger, find_operation(services.ledger, ID))

    with pytest.raises(Rejected, match="is alive"):
        abandon(services, whole, "somebody")

    assert services.ledger.running_operation(JOB) is not None


def test_operation_that_has_ended_is_not_abandoned(services: Services) -> None:
    services.ledger.end_operation(opened(services, "test:1"), "succeeded")
    whole = whole_operation(services.ledger, find_operation(services.ledger, ID))

    with pytest.raises(Ended, match="succeeded"):
        abandon(services, whole, "somebody")


def test_operation_is_found_by_the_beginning_of_its_id(services: Services) -> None:
    opened(services, "test:1")

    assert find_operation(services.ledger, "oper").id == ID
    for text in ("", "other", "%"):
        with pytest.raises(Rejected, match="there is no operation"):
            find_operation(services.ledger, text)


def test_beginning_of_several_ids_names_them(services: Services) -> None:
    services.ledger.end_operation(opened(services, "test:1"), "succeeded")
    services.ledger.open_operation(
        OperationId("operation-2"), "stop", JOB, {}, surface="test", holder="test"
    )

    with pytest.raises(Rejected, match="operation-2, operation-1"):
        find_operation(services.ledger, "operation")


def test_lease_of_another_operation_is_not_shown_as_its_own(services: Services) -> None:
    lease = opened(services, "test:1")
    operation = services.ledger.operation(ID)
    assert operation is not None
    services.ledger.end_operation(lease, "succeeded")
    services.ledger.open_operation(
        OperationId("operation-2"), "stop", JOB, {}, surface="test", holder="test"
    )

    assert whole_operation(services.ledger, replace(operation)).lease is None
