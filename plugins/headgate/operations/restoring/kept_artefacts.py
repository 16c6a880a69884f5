"""What a deployment ran from, as it was staged: found again, and still what it was."""

import json
from dataclasses import dataclass
from typing import Any

from headgate.errors import NeedsOperator
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.services import Services
from headgate.operations.stage import Staged, place_of


@dataclass(frozen=True)
class KeptArtefacts:
    """A staged folder, and what its binding says about the submission."""

    staged: Staged
    binding: Json

    @property
    def kind(self) -> str:
        """Kind of the job: sql or python."""
        return str(self.binding["kind"])

    @property
    def parallelism(self) -> int:
        """What was declared when it was staged."""
        return int(self.binding["submission"]["parallelism.default"])

    @property
    def max_parallelism(self) -> int:
        """The number of key groups of its state."""
        return int(self.binding["submission"]["pipeline.max-parallelism"])


def kept_artefacts(services: Services, deployment: DeploymentRecord) -> KeptArtefacts:
    """The artefacts of a deployment.

    Raises:
        NeedsOperator: they are gone, or no longer what was deployed.

    """
    job, digest = deployment.job, deployment.artefact_digest
    if digest is None:
        raise _gone(job, "it is not recorded what its last deployment ran from")
    staged = place_of(services.environment.settings.artefacts, job, digest)
    if not staged.binding.is_file():
        raise _gone(job, f"what its last deployment ran from is not there: {staged.folder}")
    if not staged.is_whole:
        raise _gone(job, f"what its last deployment ran from was changed: {staged.folder}")
    binding: dict[str, Any] = json.loads(staged.binding.read_text(encoding="utf-8"))
    return KeptArtefacts(staged, binding)


def _gone(job: JobName, what: str) -> NeedsOperator:
    return NeedsOperator(
        f"{job}: {what}",
        still_true="Nothing was changed; its snapshots are as they are.",
        next_step=f"headgate deploy {job} stages what is declared and continues from the same "
        "state",
    )
