"""Describe the state of a Python job in the Python of its Flink line; no server is needed."""

import json
from pathlib import Path
from typing import Any

from headgate.errors import Finding, SpecError
from headgate.ids import Digest, digest_of
from headgate.operations.compile_plan import files_of
from headgate.operations.flink_python import Failed, FlinkPython
from headgate.plan.binding import MODULE_FILE, Binding
from headgate.spec.declared import DeclaredJob


def describe_state(job: DeclaredJob, binding: Binding, python: FlinkPython) -> str:
    """What `describe_state.py` of the runtime writes of the job, as text.

    Raises:
        SpecError: the job cannot be built, or its state cannot be told; with its line in job.py.
        Unavailable: the interpreter of the line is missing, or did not end.

    """
    try:
        files = {**files_of(job.name, binding), MODULE_FILE: job.code}
        return python.run("describe_state.py", job.name, files)
    except Failed as failure:
        finding = Finding(job.code_file, failure.line or 1, failure.message.strip())
        raise SpecError([finding]) from failure


def read_description(text: str) -> dict[str, Any]:
    """The description as it was written."""
    description: dict[str, Any] = json.loads(text)
    return description


def description_digest(job: DeclaredJob, binding: Binding, runtime: Path) -> Digest:
    """Digest of all that a description is made from.

    That is code, runtime, tables, options, Flink line, whether there is a gate, and the mark of
    its sinks.
    """
    options = (f"{key}={value}" for key, value in sorted(binding.configuration.items()))
    sources = (part for file in sorted(runtime.glob("*.py")) for part in _named(file))
    return digest_of(
        "description",
        job.code,
        job.spec.flink,
        *(table.shape() for table in binding.tables),
        *options,
        *sources,
        *(["gate"] if binding.gate is not None else []),
        *([f"side {binding.side}"] if binding.side is not None else []),
    )


def _named(file: Path) -> tuple[str, bytes]:
    return file.name, file.read_bytes()
