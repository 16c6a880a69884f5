"""A plan together with what it was computed from."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from headgate.ids import Digest, digest_of
from headgate.plan.change import Plan
from headgate.plan.contracts import DeclaredContracts, ObservedContracts, Part
from headgate.plan.saved_plan import PlanOrigin


@dataclass(frozen=True)
class PlannedContracts:
    """What would be changed, and why."""

    plan: Plan
    declared: DeclaredContracts
    observed: ObservedContracts
    only: Part | None
    environment: str
    files: Digest
    """Of every file below `schemas/`."""

    @cached_property
    def fingerprint(self) -> Digest:
        """Digest of everything that was seen and is not in the files.

        Counts of records are left out: they change all the time, and only the words of a plan
        hold them.
        """
        seen = self.observed
        parts = {
            "topics": {name: asdict(topic) for name, topic in seen.topics.items()},
            "subjects": {name: asdict(subject) for name, subject in seen.subjects.items()},
            "unknown": seen.unknown_topics,
            "uses": {
                topic: [asdict(use) for use in uses] for topic, uses in self.declared.uses.items()
            },
        }
        return digest_of(json.dumps(parts, sort_keys=True, default=str))

    @property
    def origin(self) -> PlanOrigin:
        """What an equal plan would be computed from."""
        return PlanOrigin(
            self.environment, self.observed.cluster_id, self.only, self.files, self.fingerprint
        )


def digest_of_files(folder: Path) -> Digest:
    """Digest of every file below a folder, names included."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return digest_of(
        *(part for file in files for part in (str(file.relative_to(folder)), file.read_bytes()))
    )
