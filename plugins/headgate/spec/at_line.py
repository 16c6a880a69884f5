"""A declared job as it would be declared for another Flink line."""

from dataclasses import replace
from typing import Any

import yaml

from headgate.ids import FlinkLineName, digest_of
from headgate.spec.declared import DeclaredJob


def at_line(job: DeclaredJob, line: FlinkLineName) -> DeclaredJob:
    """The job with `flink:` of its job.yaml set to a line, and nothing else.

    Its digest is the one that the files have once a person has written that line into them.
    """
    if job.spec.flink == line or not job.parts:
        return job
    text, *code = job.parts
    parts = (_with_line(text, line), *code)
    spec = job.spec.model_copy(update={"flink": line})
    return replace(job, spec=spec, digest=digest_of(*parts), parts=parts)


def _with_line(text: str, line: FlinkLineName) -> str:
    """The text of a job.yaml that was read before, with the value of `flink` alone replaced."""
    root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    value = next(value for key, value in root.value if key.value == "flink")
    start, end = value.start_mark.index, value.end_mark.index
    return text[:start] + text[start:end].replace(value.value, line) + text[end:]
