"""How long a job's results pause when it goes from one Flink line to the next, by three ways.

    PYTHONPATH=plugins:tests python bench/upgrade_gap.py [--kind sql|python] [--rounds 5]
        [--state-mb 500] [--no-rehearsal] [--json]

Runs on a stack of its own (Kafka, the registry, both Flink lines), which is ended and removed
afterwards. The ways alternate in one run on one job: the hand-over, stop and restore, and what
people do without headgate, `flink stop` and then `flink run -s` with the command line of each
line's wheel. The last one gets the same compiled plan, options and libraries, a target that the
other two have warmed, and its two commands follow each other without any check between them.

The gap is from the last result that a reader of committed records saw before the switch to the
first one after it: of a hand-over the results on both sides of its instant, else those on both
sides of a moment at which neither job runs. Windows end each second, checkpoints come each second
and results with them, so without any switch there is a pause of about a second too; it is measured
in the same run. Beside it stands the longest pause while the whole operation went on, with
rehearsal and soak. After each switch, and after each way back, all that was published is compared
with what plain Python expects of the records that were sent.

Other work on the machine shows in every figure; ratios within one run matter.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import requests
from gap_arrivals import Arrivals
from gap_figures import Figures, against, show
from gap_jobs import KINDS, freight
from gap_ways import NEW, OLD, WAYS, Bench, dispose_of_old_savepoints
from harness.faults.judge import Verdict
from harness.faults.live_job import LiveJob
from harness.own_stack import OwnStack, own_stack
from harness.sample_project import SampleProject
from harness.stack import KEEP, PROJECT
from harness.waiting import until
from headgate.clients.registry import Registry
from headgate.local.layout import layout_of

STACK = "gapbench"
SOAK = "3s"
CALM_RESULTS = 8
HEALTH = {"checkpoints": 1, "deadline": "8m"}  # a transaction lives for 10 min
BEHIND = 10  # seconds behind the clock, at which a job has caught up with its freight
ASK_SECONDS = 30
CATCHES_UP_WITHIN = 3600  # seconds; with a big state on a busy machine it takes its time


def measure(stack: OwnStack, figures: Figures, folder: Path) -> None:
    project = SampleProject(folder / "project", stack.environment, f"gap-{uuid4().hex[:6]}")
    job = LiveJob(
        project,
        OLD,
        (OLD, NEW),
        beats=freight(figures.kind, figures.state_mb),
        at_most=2,
        upgrade={"soak": SOAK, "approval": False, "rehearse": figures.is_rehearsed},
        health=HEALTH,
        savepoint={"keep": 1},
    )
    with job.at_work():
        tell("deployed")
        schema = Registry(job.services.environment.settings.registry).latest(f"{job.name}-value")
        if schema is None:
            sys.exit(f"no schema of {job.name} is registered")
        arrivals = Arrivals(job.services.environment.settings.kafka, job.name, schema.text)
        layout = layout_of(stack.project, stack.name)
        bench = Bench(job, arrivals, layout, KINDS[figures.kind].bound_after_end)
        with arrivals.watched():
            await_caught_up(bench)
            go_round(bench, figures)
    project.end_all_jobs()


def go_round(bench: Bench, figures: Figures) -> None:
    before: Verdict | None = None
    for number in range(1, figures.rounds + 1):
        bench.job.await_checkpoints(2)
        figures.checkpoint_bytes.append(state_bytes(bench.job))
        tell(f"round {number}: {figures.checkpoint_bytes[-1] / 1e6:,.1f} MB of state")
        for way, (switch, go_back) in WAYS.items():
            figures.calm.append(bench.calm_pause(CALM_RESULTS))
            switched = switch(bench)
            figures.switches[way].append(switched)
            tell(
                f"round {number}, {way}: gap {switched.gap:.2f} s, longest pause "
                f"{switched.pause:.2f} s, took {switched.took:.1f} s, load "
                f"{switched.load:.1f}"
            )
            before = judged(bench.job, figures, way, before)
            go_back(bench)
            bench.job.await_results(1)
            before = judged(bench.job, figures, way, before)
            bench.job.assert_one_healthy()
            dispose_of_old_savepoints(bench.job)


def judged(job: LiveJob, figures: Figures, way: str, before: Verdict | None) -> Verdict:
    verdict = job.verdict()
    figures.windows = verdict.judged
    told = against(before, verdict)
    if told:
        figures.wrong[way].append(told)
        tell(f"{way}: {told}")
    return verdict


def await_caught_up(bench: Bench) -> None:
    """Until results come out as the clock goes: all freight has become state by then."""

    def has() -> bool:
        seen = bench.arrivals.seen
        return bool(seen) and seen[-1].window_end / 1000 > time.time() - BEHIND

    until(has, seconds=CATCHES_UP_WITHIN, what="the job has caught up", every=1)


def state_bytes(job: LiveJob) -> int:
    """The whole state of the newest checkpoint, also where only a part of it was written anew."""
    cluster = job.services.environment.settings.flink[job.latest.line]
    session = requests.Session()
    session.trust_env = False
    url = f"{cluster.rest}/jobs/{job.latest.flink_job_id}/checkpoints"
    answer = session.get(url, timeout=ASK_SECONDS).json()
    return int(answer["latest"]["completed"]["state_size"])


def tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", choices=sorted(KINDS), default="sql")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--state-mb", type=int, default=0, help="size of the state; 0: small")
    parser.add_argument(
        "--rehearsal", action=argparse.BooleanOptionalAction, default=True, help="of our ways"
    )
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args()
    figures = Figures(chosen.kind, chosen.rounds, chosen.state_mb, chosen.rehearsal)
    # Ended by `timeout` or `kill`, it takes its stack down too, and shows what there is.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with (
            tempfile.TemporaryDirectory(prefix="headgate-gap-") as folder,
            own_stack(STACK, OLD, also=NEW) as stack,
        ):
            tell(f"stack {STACK!r} is up")
            measure(stack, figures, Path(folder))
    finally:
        if os.environ.get(KEEP) != "1":
            shutil.rmtree(layout_of(PROJECT, STACK).root, ignore_errors=True)
        # What there is was measured, also where a later round was cut off.
        if any(figures.switches.values()):
            print(json.dumps(figures.to_json(), indent=2)) if chosen.json else show(figures)
    return 0 if figures.is_exactly_once else 1


if __name__ == "__main__":
    sys.exit(main())
