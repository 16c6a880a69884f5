"""Checks of one `job.yaml` that its model cannot make alone."""

from collections.abc import Iterator
from datetime import timedelta

from headgate.errors import Finding
from headgate.spec.check_savepoint_policy import check_savepoint_policy
from headgate.spec.document import Document
from headgate.spec.flink_options import option_problem
from headgate.spec.job import JobSpec
from headgate.spec.quantities import format_duration

LONGEST_TRANSACTION = timedelta(minutes=15)
"""The broker's default for `transaction.max.timeout.ms`, which it does not let clients exceed."""
SHORTEST_CHECKPOINT_INTERVAL = timedelta(milliseconds=100)
"""Flink takes 10 ms; below this a job does little but checkpoints."""
SHORTEST_IDLENESS = timedelta(seconds=5)
"""A first fetch, with its look into the registry, took more than one second (measured)."""


def check_job(document: Document, spec: JobSpec) -> Iterator[Finding]:
    """Contradictions within job.yaml."""
    yield from _check_ends(document, spec)
    yield from _check_times(document, spec)
    yield from check_savepoint_policy(document, spec.savepoint)
    if spec.parallelism > spec.max_parallelism:
        yield document.finding(
            f"parallelism {spec.parallelism} is greater than max_parallelism "
            f"{spec.max_parallelism}",
            "parallelism",
        )
    for option in spec.flink_configuration:
        problem = option_problem(option)
        if problem:
            yield document.finding(problem, "flink_configuration", option)


def _check_ends(document: Document, spec: JobSpec) -> Iterator[Finding]:
    for index, sink in enumerate(spec.sinks):
        if sink in spec.sinks[:index]:
            yield document.finding(f"sinks: '{sink}' stands twice", "sinks", index)
        elif sink in spec.sources:
            yield document.finding(
                f"sinks: '{sink}' is also a source; a job that reads what it writes never ends",
                "sinks",
                index,
            )


def _check_times(document: Document, spec: JobSpec) -> Iterator[Finding]:
    if spec.checkpoint_interval < SHORTEST_CHECKPOINT_INTERVAL:
        shortest = format_duration(SHORTEST_CHECKPOINT_INTERVAL)
        message = f"checkpoint_interval: must be at least {shortest}"
        yield document.finding(message, "checkpoint_interval")
    if spec.transaction_timeout > LONGEST_TRANSACTION:
        longest = format_duration(LONGEST_TRANSACTION)
        yield document.finding(
            f"transaction_timeout: must be at most {longest}, the broker's "
            "transaction.max.timeout.ms",
            "transaction_timeout",
        )
    if spec.transaction_timeout <= spec.checkpoint_interval:
        is_given = "transaction_timeout" in document.value
        key = "transaction_timeout" if is_given else "checkpoint_interval"
        yield document.finding(
            f"transaction_timeout ({format_duration(spec.transaction_timeout)}) must be longer "
            f"than checkpoint_interval ({format_duration(spec.checkpoint_interval)}): a "
            "transaction stays open for that long",
            key,
        )
    for topic, source in spec.sources.items():
        if source.idle_after < SHORTEST_IDLENESS:
            yield document.finding(
                f"sources.{topic}.idle_after: must be at least "
                f"{format_duration(SHORTEST_IDLENESS)}; a partition that is only read a little "
                "later than the others would count as idle, and its records as late",
                *("sources", topic, "idle_after"),
            )
    if not spec.health.deadline:
        yield document.finding("health.deadline: must be longer than nothing", "health", "deadline")
