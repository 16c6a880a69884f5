"""What has to be true before anything of an upgrade is begun: all that is not, told at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from headgate.ids import JobName
from headgate.plan.in_words import bytes_in_words, duration_in_words

NEEDED_JARS: Mapping[str, str] = {
    "flink-sql-connector-kafka": "the Kafka connector",
    "flink-sql-avro-confluent-registry": "the Avro format of the registry",
}
"""Beginnings of the names of jars, and what they are."""
_LONGER_BY = timedelta(minutes=1)
"""Time to stop and to decide, beside the time that the new job may take."""


@dataclass(frozen=True)
class TargetFacts:
    """What the target cluster says; figures are None where it does not tell."""

    version: str
    slots_available: int
    class_path: Sequence[str] | None
    client_python: str | None
    worker_python: str | None
    pyflink: str | None
    """Version of PyFlink of the interpreter that is named for the line; None if it cannot run."""
    state_problem: str | None
    """Why it does not see the job's state; None where it does."""


@dataclass(frozen=True)
class PreflightFacts:
    """All that was looked at. `target` is the reason, in words, where the cluster says nothing."""

    job: JobName
    line: str
    target: TargetFacts | str
    slots_needed: int
    slots_freed: int
    """Slots that the stop of the job before gives back on the same cluster."""
    is_rehearsed: bool
    """Whether a shadow job runs beside the live one first."""
    missing_artefacts: Sequence[str]
    unlike_declared: Sequence[str]
    """Schemas and topics that are not as declared."""
    transaction_timeout: timedelta
    deadline: timedelta
    """How long the new job may take to become healthy."""
    live_state: str
    live_reason: str
    savepoint_bytes: int | None
    state_bytes: int | None


@dataclass(frozen=True)
class Preflight:
    """`problems` stop the upgrade; `notes` are to be known."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]


def judge_preflight(facts: PreflightFacts) -> Preflight:
    """Judge all of it."""
    return Preflight(tuple(_problems(facts)), tuple(_notes(facts)))


def _problems(facts: PreflightFacts) -> Iterator[str]:
    if isinstance(facts.target, str):
        yield facts.target
    else:
        yield from _of_target(facts, facts.target)
    yield from facts.missing_artefacts
    yield from facts.unlike_declared
    longest = facts.deadline + _LONGER_BY
    if facts.transaction_timeout < longest:
        yield (
            f"transaction_timeout ({duration_in_words(facts.transaction_timeout)}) is shorter than "
            f"the longest possible gap: health.deadline "
            f"({duration_in_words(facts.deadline)}) and a minute; Kafka would abort what the stop "
            "has not committed yet"
        )
    if facts.live_state not in ("healthy", "degraded"):
        told = f": {facts.live_reason}" if facts.live_reason else ""
        yield f"the live job is {facts.live_state}{told}"


def _of_target(facts: PreflightFacts, target: TargetFacts) -> Iterator[str]:
    line = facts.line
    if target.version.rsplit(".", 1)[0] != line:
        yield f"the cluster of Flink {line} runs Flink {target.version}"
    freed = 0 if facts.is_rehearsed else facts.slots_freed
    available = target.slots_available + freed
    if available < facts.slots_needed:
        yield (
            f"{facts.slots_needed} task slots are needed, Flink {line} has "
            f"{target.slots_available} free"
        )
    for beginning, what in NEEDED_JARS.items():
        jars = target.class_path
        if jars is not None and not any(jar.startswith(beginning) for jar in jars):
            yield f"Flink {line} has no {beginning}-*.jar ({what}) on its class path"
    if target.client_python and target.worker_python != target.client_python:
        yield (
            f"Flink {line} runs drivers with {target.client_python} and workers with "
            f"{target.worker_python or 'another Python'}: pickles of one may not be read by the "
            "other"
        )
    if target.pyflink is None:
        yield f"the Python of Flink {line} cannot be run here, or has no PyFlink"
    elif target.pyflink != target.version:
        yield f"the Python of Flink {line} has PyFlink {target.pyflink}, not {target.version}"
    if target.state_problem is not None:
        yield f"Flink {line} does not see the state of the job: {target.state_problem}"


def _notes(facts: PreflightFacts) -> Iterator[str]:
    if facts.live_state == "degraded":
        yield f"the live job is degraded: {facts.live_reason}"
    if facts.savepoint_bytes is not None:
        yield f"its last savepoint has {bytes_in_words(facts.savepoint_bytes)}"
    if facts.state_bytes is not None:
        yield f"its state has {bytes_in_words(facts.state_bytes)}"
    if not isinstance(facts.target, str) and facts.target.class_path is None:
        yield "the class path of the target could not be seen"
