"""Adopt a job: give a lost or older ledger the entries back that Flink and storage still show."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

from headgate.errors import Rejected
from headgate.ids import JobName
from headgate.ledger.records import DeploymentRecord, Json, SnapshotRecord
from headgate.operations.adopting.entries_as_json import (
    as_evidence,
    deployments_of,
    snapshots_of,
)
from headgate.operations.adopting.found_entries import find_entries
from headgate.operations.engine.step import Absent, Done, Intention, Look, OnlyLooks, Run, Step
from headgate.operations.services import Services
from headgate.spec.names import name_problem


class FindEntries(OnlyLooks):
    """Evidence: the entries, whole. Reads only."""

    name: ClassVar[str] = "find"
    title: ClassVar[str] = "Look at Flink and storage"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """What was shown before."""
        return dict(run.operation.request)

    def look(self, run: Run, intention: Intention) -> Look:
        """Find them again; they must be those that were shown."""
        found = find_entries(run.services, run.job)
        if found.digest != intention.intent["digest"]:
            raise Rejected(
                f"{run.job}: what Flink and storage show has changed since it was looked at",
                still_true="Nothing was changed.",
                next_step=f"headgate adopt {run.job}",
            )
        return Done(as_evidence(found))


class RecordEntries:
    """Writes them, savepoints first, so that a stopped deployment always has one."""

    name: ClassVar[str] = "record"
    title: ClassVar[str] = "Write the entries into the ledger"
    patience: ClassVar[timedelta] = timedelta(minutes=1)

    def intend(self, run: Run) -> Json:
        """The entries are in the evidence of the step before."""
        evidence = run.evidence[FindEntries.name]
        return {name: len(evidence[name]) for name in ("deployments", "snapshots")}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether all of them are there."""
        ledger = run.services.ledger
        states = {one.flink_job_id: one.state for one in ledger.deployments(run.job)}
        locations = {one.location for one in ledger.snapshots(run.job)}
        written = all(states.get(one.flink_job_id) == one.state for one in _deployments(run))
        if not written or any(one.location not in locations for one in _snapshots(run)):
            return Absent()
        told = f"{intention.intent['deployments']} deployments"
        return Done({"note": f"{told}, {intention.intent['snapshots']} savepoints"})

    def act(self, run: Run, intention: Intention) -> None:
        """Write what is missing; an entry that is there already is no error."""
        del intention
        ledger = run.services.ledger
        for snapshot in _snapshots(run):
            ledger.add_snapshot(run.lease, replace(snapshot, operation_id=run.id))
        for deployment in _deployments(run):
            ledger.add_deployment(run.lease, replace(deployment, operation_id=run.id))
            ledger.update_deployment(run.lease, deployment.flink_job_id, deployment.state)


class Adopt:
    """find → record."""

    kind: ClassVar[str] = "adopt"

    def request(self, services: Services, job: JobName, options: Mapping[str, Any]) -> Json:
        """The digest of what is found now, so that nothing else is written later."""
        del options
        problem = name_problem(job)
        if problem is not None:
            raise Rejected(problem, still_true="Nothing was changed.", next_step="headgate status")
        return {"digest": find_entries(services, job).digest}

    def steps(self, evidence: Mapping[str, Json]) -> Sequence[Step]:
        """Always the same two."""
        del evidence
        return (FindEntries(), RecordEntries())


def _deployments(run: Run) -> Sequence[DeploymentRecord]:
    return deployments_of(run.evidence[FindEntries.name])


def _snapshots(run: Run) -> Sequence[SnapshotRecord]:
    return snapshots_of(run.evidence[FindEntries.name])


OPERATION = Adopt()
