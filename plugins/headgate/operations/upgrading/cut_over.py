"""Cutting over: from the live job to the new one, in one of two ways."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar

from headgate.clients.snapshot_metadata import metadata_problem
from headgate.errors import NeedsOperator
from headgate.ledger.records import Json
from headgate.operations.deployment.first_checkpoint import FirstCheckpoint
from headgate.operations.deployment.healthy_step import BecomeHealthy
from headgate.operations.deployment.restored_step import ConfirmRestored
from headgate.operations.deployment.submit_step import Submit
from headgate.operations.engine.phases import Tried, within
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run, Step
from headgate.operations.handing_over.hand_over import CUT_OVER, hand_over_steps
from headgate.operations.stopping.record_stop import RecordStop
from headgate.operations.stopping.stop_with_savepoint import StopWithSavepoint
from headgate.operations.upgrading.plan_upgrade import live_deployment
from headgate.operations.upgrading.preflight import Preflight
from headgate.operations.upgrading.sink_offsets import ends_of
from headgate.plan.rolled_back import RolledBack
from headgate.plan.way_of_cut_over import Way

_ASKED_AGAIN_FOR = timedelta(seconds=30)
"""A server that does not answer may have answered late; beyond the deadline it is given up."""


def cut_over_steps(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    """Of the way that was decided. What it has tried and failed at is in its evidence."""
    way: Way = evidence["decide"]["way"]
    return _WAYS[way](evidence)


def _stop_and_restore(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    """Phase `cut_over`: preflight → stop → record_stop → verify → submit → … → healthy."""
    deadline = timedelta(seconds=evidence["plan"]["deadline_seconds"])
    return within(
        CUT_OVER,
        (
            Preflight(is_last=True),
            StopWithSavepoint(live_deployment, by_list=True),
            RecordStop(live_deployment, origin="upgrade", pinned=True),
            VerifySavepoint(),
            Tried(Submit(), deadline),
            FirstCheckpoint(),
            Tried(ConfirmRestored(), deadline),
            Tried(BecomeHealthy(), deadline + _ASKED_AGAIN_FOR),
        ),
    )


def _hand_over(evidence: Mapping[str, Json]) -> tuple[Step, ...]:
    """Phase `cut_over`: preflight, then as `hand_over_steps` says."""
    plan = evidence["plan"]
    preflight = within(CUT_OVER, (Preflight(is_last=True),))
    return (*preflight, *hand_over_steps(CUT_OVER, evidence, plan))


_WAYS: Mapping[Way, Callable[[Mapping[str, Json]], tuple[Step, ...]]] = {
    "stop and restore": _stop_and_restore,
    "hand-over": _hand_over,
}


class VerifySavepoint(OnlyLooks):
    """Evidence: the ends of the sinks, before which everything was published by the old version."""

    name: ClassVar[str] = "verify"
    title: ClassVar[str] = "Verify the savepoint"
    patience: ClassVar[timedelta] = timedelta(minutes=2)

    def intend(self, run: Run) -> Json:
        """The savepoint."""
        return {"location": run.evidence["stop"]["location"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Whether it is whole. Raises NeedsOperator if it no longer is."""
        location = intention.intent["location"]
        problem = metadata_problem(location)
        if problem is not None:
            proven = next(
                (r.location for r in run.services.ledger.snapshots(run.job) if r.proven_at), None
            )
            older = (
                f"the newest one that was proven: headgate start {run.job} --from {proven} "
                "(publishes again what was published since)"
                if proven
                else f"headgate savepoints {run.job}"
            )
            raise NeedsOperator(
                f"{run.job} was stopped with a savepoint, and {location} can no longer be "
                f"restored: {problem}",
                still_true="Nothing was started, and nothing was deleted.",
                next_step=f"bring its files back and headgate start {run.job}; or {older}",
            )
        ends = ends_of(run.services, run.evidence["plan"]["writes"])
        written = RolledBack(exact=False, repeated_from_offsets=ends, repeated_to_offsets={})
        return Done({"ends": written.to_json()["repeated_from_offsets"], "location": location})
