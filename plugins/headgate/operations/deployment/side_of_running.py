"""The mark under which a job runs since it was handed over; its sinks and transactions have it."""

import json
from pathlib import Path

from headgate.ids import JobName
from headgate.operations.services import Services
from headgate.operations.stage import BINDING_FILE


def side_of_running(services: Services, job: JobName) -> str | None:
    """Of the latest submission; None where it has none, or is not known."""
    latest = next(iter(services.ledger.deployments(job)), None)
    if latest is None or latest.artefacts is None:
        return None
    try:
        binding = json.loads((Path(latest.artefacts) / BINDING_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    side: str | None = binding.get("side")
    return side
