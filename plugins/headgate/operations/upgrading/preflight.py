"""Before anything is begun, and once more before anything is stopped: whether all of it can be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from headgate.clients.locations import plain_location
from headgate.errors import HeadgateError, NeedsOperator, Rejected
from headgate.ids import Digest, FlinkJobId, FlinkLineName, TopicName
from headgate.ledger.records import DeploymentRecord, Json
from headgate.operations.deployment.bound_job import bind
from headgate.operations.engine.step import Done, Intention, Look, OnlyLooks, Run
from headgate.operations.known_job import declared_alone
from headgate.operations.restoring.kept_artefacts import kept_artefacts
from headgate.operations.restoring.known_snapshots import checkpoint_folder
from headgate.operations.stage import place_of
from headgate.operations.status import status_of
from headgate.operations.upgrading.target_facts import ask_target
from headgate.plan.preflight import PreflightFacts, judge_preflight


@dataclass(frozen=True)
class Preflight(OnlyLooks):
    """Evidence: what is to be known. Ends in an error that names all that is amiss."""

    is_last: bool = False
    """Whether the rehearsal is over, and only the cut-over is left."""

    name: ClassVar[str] = "preflight"
    title: ClassVar[str] = "Check all that is needed"
    patience: ClassVar[timedelta] = timedelta(0)

    def intend(self, run: Run) -> Json:
        """The job that is live, and the line that it goes to."""
        plan = run.evidence["plan"]
        return {"live": plan["stop"], "line": plan["line"]}

    def look(self, run: Run, intention: Intention) -> Look:
        """Look at everything. Raises Rejected with all that is wrong."""
        facts = self._facts(run, intention)
        judged = judge_preflight(facts)
        if judged.problems:
            raise Rejected(
                "\n".join(f"{run.job}: {problem}" for problem in judged.problems),
                still_true=f"Nothing was stopped; Flink job {intention.intent['live']} is as it "
                "was.",
                next_step=f"mend it, then headgate upgrade {run.job} --to {facts.line}",
            )
        return Done({"notes": list(judged.notes), "note": "; ".join(judged.notes)})

    def _facts(self, run: Run, intention: Intention) -> PreflightFacts:
        services, plan = run.services, run.evidence["plan"]
        line = FlinkLineName(intention.intent["line"])
        live = services.ledger.deployment(run.job, FlinkJobId(intention.intent["live"]))
        status = status_of(services, run.job, declared_alone(services, run.job))
        savepoints = services.ledger.snapshots(run.job)
        folder = f"{checkpoint_folder(services, run.job)}/{live.flink_job_id}"
        return PreflightFacts(
            job=run.job,
            line=line,
            target=ask_target(services, services.flink(line), plain_location(folder)),
            slots_needed=plan["parallelism"],
            slots_freed=_freed(run, live) if live.line == line else 0,
            is_rehearsed=not self.is_last and bool(run.evidence["decide"]["rehearse"]),
            missing_artefacts=_missing(run, live),
            unlike_declared=_unlike_declared(run),
            transaction_timeout=timedelta(seconds=plan["transaction_timeout_seconds"]),
            deadline=timedelta(seconds=plan["deadline_seconds"]),
            live_state=status.state,
            live_reason=status.reason,
            savepoint_bytes=next((one.size_bytes for one in savepoints), None),
            state_bytes=status.checkpoint_bytes,
        )


def _freed(run: Run, live: DeploymentRecord) -> int:
    """Slots of the live job, where it has ended before the new one starts."""
    runs_beside = run.evidence["decide"]["way"] == "hand-over"
    return 0 if runs_beside else live.parallelism or 1


def _missing(run: Run, live: DeploymentRecord) -> Sequence[str]:
    """What is not there, or not what it was, of the artefacts of both versions."""
    problems = []
    try:
        kept_artefacts(run.services, live)
    except NeedsOperator as error:
        problems.append(error.what)
    staged = run.evidence["stage"]
    place = place_of(run.services.environment.settings.artefacts, run.job, staged["digest"])
    if not place.binding.is_file():
        problems.append(f"what was staged is not there: {place.folder}")
    return problems


def _unlike_declared(run: Run) -> Sequence[str]:
    plan = run.evidence["plan"]
    problems: list[str] = []
    try:
        bind(run.services, run.job, Digest(plan["spec_digest"]), plan["line"])
    except HeadgateError as error:
        problems.append(error.what)
    names = [TopicName(name) for name in (*plan["reads"], *plan["writes"])]
    try:
        there = run.services.kafka.topics(names)
    except HeadgateError as error:
        return [*problems, error.what]
    return [*problems, *(f"topic {name} does not exist" for name in names if name not in there)]
