"""Before a job is started again that Flink does not know: be sure that it runs nowhere else."""

import json
import re
from datetime import timedelta
from pathlib import Path

from headgate.clients.flink import FlinkClient, JobPicture
from headgate.clients.storage import folders_named, snapshots_below
from headgate.errors import HeadgateError, NeedsOperator
from headgate.ledger.records import DeploymentRecord
from headgate.operations.engine.step import Intention, Pending, Run
from headgate.operations.restoring.known_snapshots import checkpoint_folder, checkpoint_number
from headgate.operations.services import Services
from headgate.operations.stage import BINDING_FILE
from headgate.plan.folder_watch import FolderLook, next_look, where_it_is

_ON_PURPOSE = ("stopped", "cancelled")
_INTERVAL = re.compile(r"(\d+) ms")
_WITHOUT_INTERVAL = timedelta(minutes=2)


def not_surely_gone(
    run: Run, intention: Intention, latest: DeploymentRecord, picture: JobPicture | None
) -> Pending | None:
    """None if the latest deployment has ended for sure; Pending while that is looked into.

    A job that Flink has seen end has ended, and so has one that headgate has ended itself. Of any
    other one a person may say that it runs nowhere (`runs_nowhere` of the request).

    Raises:
        NeedsOperator: it runs elsewhere, or it may and nobody can tell.

    """
    if picture is not None or latest.state in _ON_PURPOSE:
        return None
    if run.operation.request.get("runs_nowhere"):
        return None
    refuse_former_cluster(run.services, latest, run.operation.kind)
    folder = f"{checkpoint_folder(run.services, run.job)}/{latest.flink_job_id}"
    now, interval = run.services.clock.now(), _interval(latest)
    numbers = [checkpoint_number(one) for one in folders_named(folder, "chk-*")]
    look = FolderLook(now, max(numbers, default=0))
    whole = snapshots_below(folder, levels=(1,))
    last_sign = max([latest.created_at, *(one.modified_at for one in whole)])
    first = FolderLook.of(intention.progress)
    where = where_it_is(look, first, interval=interval, last_sign=last_sign)
    if where == "gone":
        return None
    if where == "elsewhere":
        raise NeedsOperator(
            f"{run.job}: Flink {latest.line} does not know Flink job {latest.flink_job_id}, but it "
            f"goes on writing checkpoints ({folder}, chk-{look.newest}): it runs on another "
            "cluster",
            still_true="Nothing was started: two jobs of one name end each other's transactions.",
            next_step=f"correct the address of Flink {latest.line} in headgate.toml, or end the "
            "job there",
        )
    note = "Flink does not know it; watching whether its checkpoints go on elsewhere"
    if first is not None:
        return Pending(note, next_look(first, now, interval))
    poll = next_look(look, now, interval)
    return Pending(note, poll, look.as_progress(), must_remember=True)


def refuse_former_cluster(services: Services, latest: DeploymentRecord, kind: str) -> None:
    """A line may have moved to another cluster while the one before still runs its jobs.

    Raises:
        NeedsOperator: the cluster that the job was submitted to runs it, or cannot tell.

    """
    before, now = latest.cluster, services.cluster(latest.line).rest.rstrip("/")
    if before is None or before == now:
        return
    job, job_id = latest.job, latest.flink_job_id
    moved = f"{job} was submitted to {before}, and Flink {latest.line} is now at {now}"
    nowhere = f"headgate {kind} {job} --runs-nowhere"
    try:
        picture = FlinkClient(latest.line, before).job(job_id)
    except HeadgateError as error:
        raise NeedsOperator(
            f"{moved}: whether the job still runs there is not known ({error.what})",
            still_true="Nothing was started: two jobs of one name end each other's transactions.",
            next_step=f"bring that cluster back, or make sure that it has ended, then {nowhere}",
        ) from error
    if picture is not None and not picture.is_terminal:
        raise NeedsOperator(
            f"{moved}: the job still runs there as {job_id} ({picture.state})",
            still_true="Nothing was started; it runs on.",
            next_step=f"let headgate.toml name {before} again and headgate stop {job}; then name "
            f"{now} and headgate start {job}",
        )


def _interval(latest: DeploymentRecord) -> timedelta:
    """Of what it ran from, as far as that is still there."""
    try:
        text = (Path(latest.artefacts or "") / BINDING_FILE).read_text(encoding="utf-8")
        told = json.loads(text)["submission"]["execution.checkpointing.interval"]
        found = _INTERVAL.fullmatch(told)
    except (OSError, ValueError, KeyError, TypeError):
        found = None
    return timedelta(milliseconds=int(found[1])) if found else _WITHOUT_INTERVAL
