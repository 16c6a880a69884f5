"""A savepoint needs every task: Flink accepts one of a restarting job, and lets it fail then."""

from datetime import timedelta

from headgate.clients.flink import JobPicture
from headgate.operations.engine.step import Absent, Intention, Pending

_PATIENT_WITH_RESTARTS = timedelta(minutes=1)


def when_all_run(picture: JobPicture, intention: Intention) -> Absent | Pending | None:
    """Absent: it can be triggered now; Pending: perhaps soon; None: the patience is at its end."""
    if picture.vertices and all(vertex.state == "RUNNING" for vertex in picture.vertices):
        return Absent()
    if intention.elapsed < _PATIENT_WITH_RESTARTS:
        return Pending("waiting until all tasks run; a savepoint needs them")
    return None
