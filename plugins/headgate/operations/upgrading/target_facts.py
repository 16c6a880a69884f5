"""Asking the target cluster of an upgrade what it is, and whether it sees the job's state."""

from datetime import timedelta

from headgate.clients.flink import FlinkClient
from headgate.clients.locations import as_flink_uri
from headgate.errors import HeadgateError, Rejected
from headgate.operations.flink_python import pyflink_version
from headgate.operations.services import Services
from headgate.plan.preflight import TargetFacts

_ANSWERS_WITHIN = timedelta(seconds=20)
_NO_METADATA = "Cannot find meta data file"


def ask_target(services: Services, client: FlinkClient, state_folder: str) -> TargetFacts | str:
    """What the cluster says; or, in words, that it says nothing."""
    try:
        overview = client.overview()
        configured = client.configuration()
        return TargetFacts(
            version=overview.version,
            slots_available=overview.slots_available,
            class_path=_class_path(client),
            client_python=configured.get("python.client.executable"),
            worker_python=configured.get("python.executable"),
            pyflink=pyflink_version(services.cluster(client.line)),
            state_problem=_state_problem(services, client, state_folder),
        )
    except HeadgateError as error:
        return error.what


def _class_path(client: FlinkClient) -> list[str] | None:
    try:
        return list(client.class_path())
    except Rejected:
        return None


def _state_problem(services: Services, client: FlinkClient, folder: str) -> str | None:
    """Whether a JobManager finds a folder that holds no snapshot itself.

    Asked by way of a disposal: of a folder without `_metadata` Flink deletes nothing, and says
    that the metadata is missing where it sees the folder, and that there is nothing where it does
    not (2.3.0, measured).
    """
    request = client.dispose(as_flink_uri(folder))
    end = services.clock.monotonic() + _ANSWERS_WITHIN.total_seconds()
    while services.clock.monotonic() < end:
        status = client.disposal_status(request)
        if status is not None and not status.in_progress:
            failure = status.failure or ""
            return None if _NO_METADATA in failure else failure or "it has not said"
        services.clock.sleep(timedelta(milliseconds=200))
    return f"it has not answered within {_ANSWERS_WITHIN.total_seconds():.0f} s"
