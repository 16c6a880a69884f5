"""A deployment whose process died before its health gate works all the same: remember that."""

from headgate.operations.look_at_job import JobLook
from headgate.operations.services import Services


def record_seen_healthy(services: Services, look: JobLook) -> None:
    """Write a deployment down as healthy, if that is what was seen and nobody works on it.

    Without it, a generation that has run for weeks would count as one that never worked, and a
    recovery would bring the code before it back.
    """
    latest, status = look.known.latest, look.status
    if latest is None or latest.state != "intended" or look.known.operation is not None:
        return
    if status.state == "healthy" and status.checkpoints:
        services.ledger.seen_healthy(latest.flink_job_id)
