"""Compile the SQL of a job in the Python of its Flink line; no server is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from headgate.errors import Finding, SpecError
from headgate.ids import JobName, TopicName
from headgate.operations.declared_binding import declared_binding
from headgate.operations.flink_python import BINDING, Failed, FlinkPython, flink_python_of
from headgate.operations.stage import gate_jar
from headgate.plan.binding import GATE_FILE, Binding
from headgate.spec.declared import DeclaredJob, DeclaredTopic, NamedEnvironment


@dataclass(frozen=True)
class Compiler:
    """The compiler of one Flink line."""

    python: FlinkPython

    def compile(self, job: DeclaredJob, binding: Binding) -> str:
        """The compiled plan as text.

        Raises:
            SpecError: Flink does not take the SQL; the finding has its line in job.sql.
            Unavailable: the interpreter of the line or the jar of the gate is missing, or the
                compiler did not end.

        """
        try:
            return self.python.run("compile_plan.py", job.name, files_of(job.name, binding))
        except Failed as failure:
            column = f"column {failure.column}: " if failure.column else ""
            message = f"{column}{_without_alternatives(failure.message)}"
            raise SpecError([Finding(job.code_file, failure.line or 1, message)]) from failure


def files_of(job: JobName, binding: Binding) -> dict[str, str | bytes]:
    """The binding and the jar that it names. Raises Unavailable if that is not there."""
    files: dict[str, str | bytes] = {BINDING: binding.to_json()}
    if binding.gate is not None:
        files[GATE_FILE] = gate_jar(job, binding.gate)
    return files


def compiler_of(project: Path, line: str, environment: NamedEnvironment) -> Compiler:
    """The compiler of a Flink line. Raises Rejected if the environment does not have the line."""
    return Compiler(flink_python_of(project, line, environment))


def _without_alternatives(message: str) -> str:
    """Calcite lists every word that it would have taken, two hundred lines of them."""
    what, expected, _ = message.partition("Was expecting one of:")
    hint = " Reserved words are written in backticks when they are names." if expected else ""
    return f"{what.strip()}{hint}"


def check_sql(
    job: DeclaredJob,
    topics: Mapping[TopicName, DeclaredTopic],
    environment: NamedEnvironment,
) -> list[Finding]:
    """What Flink finds wrong with the SQL of a job; the declared schemas stand for registered ones.

    Raises Unavailable where the line's compiler cannot run, Rejected for an unknown line.
    """
    binding = declared_binding(job, topics, environment)
    project = job.folder.parent.parent
    try:
        compiler_of(project, job.spec.flink, environment).compile(job, binding)
    except SpecError as error:
        return list(error.findings)
    return []
