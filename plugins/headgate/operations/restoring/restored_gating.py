"""What the hand-over of before means for a job that goes on from a snapshot of that job."""

from contextlib import suppress

from headgate.ids import FlinkJobId
from headgate.ledger.records import Json
from headgate.operations.engine.step import Run
from headgate.operations.handover_bounds import bounds_file, bounds_given
from headgate.plan.beside import sinks_left_out
from headgate.plan.state_manifest import recorded_manifest


def restored_gating(run: Run) -> Json:
    """`after`: results up to it were published by another job; None where all are to be.

    `leaves_sinks_out`: whether the snapshot keeps state of sinks that the new job does not have,
    because one of the two began beside another run of the job.
    """
    restore, plan = run.evidence.get("restore", {}), run.evidence["plan"]
    made_by = restore.get("state_of") or plan.get("state_of") or plan.get("base")
    if made_by is None:
        return {"after": None, "leaves_sinks_out": False}
    if "after" in restore:
        after = restore["after"]
    else:
        file = bounds_file(run.services, run.job, FlinkJobId(made_by))
        after = bounds_given(file).after
    return {"after": after, "leaves_sinks_out": _leaves_sinks_out(run, made_by)}


def _leaves_sinks_out(run: Run, made_by: str) -> bool:
    """Exactly the sinks differ; anything else that would be left over Flink is to refuse."""
    made = next(
        (
            one.state_manifest
            for one in run.services.ledger.deployments(run.job)
            if one.flink_job_id == made_by
        ),
        None,
    )
    plan = run.evidence["plan"]
    wanted = plan.get("manifest") or run.evidence.get("state", {}).get("manifest")
    old, new = recorded_manifest(made), recorded_manifest(wanted)
    if old is None or new is None or old.operators.keys() == new.operators.keys():
        return False
    with suppress(ValueError):
        return bool(sinks_left_out(old, new))
    return False
