"""Three ways from one Flink line to the next, and for each the way back, which is not counted."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gap_arrivals import Arrivals, gap_at, gap_of_split, longest_pause
from gap_cli import FlinkCli, artefacts_for
from harness.faults.live_job import LiveJob
from harness.waiting import until
from headgate.clients.locations import as_flink_uri
from headgate.local.layout import Layout
from headgate.operations.upgrading.switch_times import switches_of
from headgate.plan.gap import phases_of

OLD, NEW = "2.2", "2.3"
PATIENCE = 900.0
RESULTS_AFTER = 3
"""Results that are awaited after a switch before it is judged."""
HAND_OVER, RESTORE, ORDINARY = "hand-over", "stop and restore", "ordinary way"


@dataclass(frozen=True)
class Switched:
    """One switch. All in seconds."""

    gap: float
    """From the last result before the switch to the first one after it."""
    pause: float
    """The longest time without a result from the beginning of the whole operation to its end."""
    took: float
    """The whole operation: of our ways with rehearsal, checks and soak."""
    phases: dict[str, float] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0])
    """The machine's load average of the last minute, when the switch was over."""


@dataclass(frozen=True)
class Bench:
    """The job, what is seen of it, and where its stack is."""

    job: LiveJob
    arrivals: Arrivals
    layout: Layout
    bound_after_end: int

    def await_result_after(self, moment: float) -> None:
        until(
            lambda: any(one.at > moment for one in self.arrivals.seen),
            seconds=PATIENCE,
            what="a result after the switch",
            every=0.05,
        )

    def calm_pause(self, results: int) -> float:
        """The longest time without a result while nothing is done."""
        self.job.await_results(1)
        began = time.time()
        self.job.await_results(results)
        return longest_pause(self.arrivals.seen, began, time.time())


def hand_over(bench: Bench) -> Switched:
    began = time.time()
    operation = bench.job.run("upgrade", way=HAND_OVER, to=NEW)
    ended = time.time()
    bench.job.await_results(RESULTS_AFTER)
    agreed = bench.job.evidence(operation, "cut_over.agree")
    last = int(agreed["instant"]) - bench.bound_after_end
    seen = bench.arrivals.seen
    gap = _known(gap_of_split([one for one in seen if one.at >= began], last))
    return Switched(gap, longest_pause(seen, began, ended), ended - began)


def stop_and_restore(bench: Bench) -> Switched:
    began = time.time()
    operation = bench.job.run("upgrade", way=RESTORE, to=NEW)
    ended = time.time()
    bench.job.await_results(RESULTS_AFTER)
    steps = bench.job.services.ledger.steps(operation.id)
    # Between the two steps the job before has ended, and the new one is not yet submitted.
    moment = next(one for one in steps if one.name == "cut_over.submit").intended_at.timestamp()
    phases = {one.name: one.took.total_seconds() for one in phases_of(switches_of(steps)[-1].times)}
    seen = bench.arrivals.seen
    gap = _known(gap_at(seen, moment))
    return Switched(gap, longest_pause(seen, began, ended), ended - began, phases)


def ordinary(bench: Bench) -> Switched:
    """Both commands one right after the other, as a script does that has everything at hand."""
    job = bench.job
    live, folder = job.latest, ordinary_folder(bench)
    staged = Path(live.artefacts or "")
    artefacts = artefacts_for(bench.layout, staged, NEW, folder / "artefacts")
    parallelism = live.parallelism or 1
    configuration = _configuration(artefacts, folder)
    old, new = FlinkCli(bench.layout, OLD), FlinkCli(bench.layout, NEW)

    began = time.time()
    stopped = old.stop(live.flink_job_id, folder / "savepoints")
    moment = time.time()
    started = new.run(artefacts, stopped.savepoint, parallelism, configuration)
    bench.await_result_after(moment)
    ended = time.time()

    job.await_results(RESULTS_AFTER)
    seen = bench.arrivals.seen
    gap = _known(gap_at(seen, moment))
    phases = {"flink stop": stopped.seconds, "flink run": started.seconds}
    return Switched(gap, longest_pause(seen, began, ended), ended - began, phases)


def back_by_rollback(bench: Bench) -> None:
    bench.job.run("rollback")


def back_by_command(bench: Bench) -> None:
    """Stopped as it was started; then the old version goes on from there, known to the ledger."""
    job, folder = bench.job, ordinary_folder(bench)
    (running,) = job.project.live(job.name, NEW)
    stopped = FlinkCli(bench.layout, NEW).stop(running, folder / "savepoints")
    from_there: dict[str, Any] = {"from": stopped.savepoint, "confirmed": True}
    job.run("recover", **from_there)
    job.await_checkpoints(2)
    # Restored without claiming it, the job stands on its own checkpoints by now.
    shutil.rmtree(folder / "savepoints", ignore_errors=True)


def ordinary_folder(bench: Bench) -> Path:
    return bench.layout.root / "ordinary" / bench.job.name


WAYS: dict[str, tuple[Callable[[Bench], Switched], Callable[[Bench], None]]] = {
    HAND_OVER: (hand_over, back_by_rollback),
    RESTORE: (stop_and_restore, back_by_rollback),
    ORDINARY: (ordinary, back_by_command),
}


def dispose_of_old_savepoints(job: LiveJob) -> None:
    """Those that nothing stands on: a big state would fill the disk."""
    job.run("dispose_savepoints")


def _configuration(artefacts: Path, folder: Path) -> dict[str, str]:
    """The options that the job runs with, but for the place of its checkpoints."""
    binding = json.loads((artefacts / "binding.json").read_text(encoding="utf-8"))
    return {
        **binding["submission"],
        "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
        "execution.checkpointing.num-retained": "3",
        "execution.checkpointing.dir": as_flink_uri(str(folder / "checkpoints")),
    }


def _known(gap: float | None) -> float:
    if gap is None:
        raise LookupError("no result was seen on one of the two sides of the switch")
    return gap
