"""Flink's options for a job: the defaults, and what job.yaml adds to or replaces of them."""

import re
from datetime import timedelta

from headgate.plan.sql_text import normalised
from headgate.plan.tables import milliseconds
from headgate.spec.declared import DeclaredJob

CHECKPOINT_TIMEOUT = timedelta(minutes=10)
CHECKPOINT_PAUSE = timedelta(milliseconds=100)
"""Least time between two checkpoints, so that slow ones do not follow each other without end."""
PYTHON_BUNDLE = 100_000
"""Records that go to Python together at most. Flink's default is small and costs a factor of
eight in throughput; the bundle time, not the size, bounds the delay, and a checkpoint ends it."""
PYTHON_BUNDLE_TIME = timedelta(milliseconds=200)

_MATCHES_PATTERNS = re.compile(r"\bMATCH_RECOGNIZE\b", re.IGNORECASE)
"""At each timer of a key Flink's pattern operator searches the key's whole event queue
(`CepOperator.getSortedTimestamps`). In RocksDB that walks over all deleted entries too, and some
hundred records of one key take minutes. What it keeps is short-lived and fits into memory."""


def table_configuration(job: DeclaredJob) -> dict[str, str]:
    """Options that the driver sets on the table environment."""
    return {
        "pipeline.name": job.name,
        "table.local-time-zone": "UTC",
        "table.plan.compile.catalog-objects": "IDENTIFIER",
        **{k: v for k, v in job.spec.flink_configuration.items() if _is_of_tables(k)},
    }


def submission_configuration(job: DeclaredJob) -> dict[str, str]:
    """Options that go with the submission, as `flinkConfiguration` of `POST /jars/:jarid/run`."""
    spec = job.spec
    options = {
        "parallelism.default": str(spec.parallelism),
        "pipeline.max-parallelism": str(spec.max_parallelism),
        "pipeline.object-reuse": "true",
        "execution.checkpointing.interval": _duration(spec.checkpoint_interval),
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.min-pause": _duration(CHECKPOINT_PAUSE),
        "execution.checkpointing.timeout": _duration(CHECKPOINT_TIMEOUT),
    }
    if job.kind == "sql" and _MATCHES_PATTERNS.search(normalised(job.code)):
        options["state.backend.type"] = "hashmap"
    if job.kind == "python":
        options |= {
            "python.fn-execution.bundle.size": str(PYTHON_BUNDLE),
            "python.fn-execution.bundle.time": str(milliseconds(PYTHON_BUNDLE_TIME)),
        }
    declared = spec.flink_configuration.items()
    return options | {k: v for k, v in declared if not _is_of_tables(k)}


def _is_of_tables(option: str) -> bool:
    return option.startswith("table.")


def _duration(duration: timedelta) -> str:
    return f"{milliseconds(duration)} ms"
